using System.Diagnostics;
using FlashCall.Contracts;
using FlashCall.Dialer.Attempts;
using FlashCall.Dialer.Reports;
using FlashCall.Hosting;
using FluentValidation;
using MassTransit;

namespace FlashCall.Dialer.Calls;

/// <summary>
/// Places a call: records the attempt, sends the INVITE and returns; the call lives on in <see cref="CallsInProgress"/>. However often and
/// wherever the command arrives, the phone rings at most once; for an attempt that is over its reports are sent again.
/// </summary>
internal sealed class PlaceFlashCallConsumer(
    CallsInProgress calls,
    AttemptStore attempts,
    ReportSender reports,
    CallSurroundings surroundings,
    ServiceIdentity self,
    DialerSettings settings,
    TimeProvider time) : IConsumer<PlaceFlashCall>
{
    private static readonly Validator Valid = new();

    public async Task Consume(ConsumeContext<PlaceFlashCall> context)
    {
        var command = context.Message;
        if (Valid.Validate(command) is { IsValid: false } result)
            throw new ArgumentException($"PlaceFlashCall was refused: {string.Join(' ', result.Errors)}", nameof(context));

        // Before the row is there, so that a hang-up that finds the row finds the call too.
        var call = new OngoingCall(command, surroundings);
        if (!calls.TryAdd(call))
            return;
        var dialled = false;
        try
        {
            var recordingFrom = time.GetUtcNow();
            var known = await attempts.PlaceAsync(command, recordingFrom, Activity.Current?.Id, context.CancellationToken);
            // A row of ours without an end, and no such call in this process: the answer to an earlier insert was lost before anything
            // was dialled.
            if (known is null || (known.EndedAt is null && known.Owner == self.Instance))
            {
                // When recording took so long that the others may have taken this replica for dead and reported the attempt as
                // interrupted, it is too late to dial.
                call.Start(notAfter: Earlier(command.NotAfter, recordingFrom + settings.AliveFor));
                dialled = true;
            }
            else if (known.EndedAt is not null)
            {
                await reports.SendAsync(known, context.CancellationToken);
            }
        }
        finally
        {
            if (!dialled)
                calls.Remove(command.AttemptId);
        }
    }

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    private sealed class Validator : AbstractValidator<PlaceFlashCall>
    {
        public Validator()
        {
            RuleFor(call => call.VerificationId).NotEmpty().WithMessage("VerificationId is missing.");
            RuleFor(call => call.AttemptId).NotEmpty().WithMessage("AttemptId is missing.");
            RuleFor(call => call.Trunk).NotEmpty().WithMessage("Trunk is missing.");
            RuleFor(call => call.RingTime).InclusiveBetween(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30))
                .WithMessage("RingTime has to be 1 to 30 s.");
            RuleFor(call => call.PostDialDelayCap).InclusiveBetween(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60))
                .WithMessage("PostDialDelayCap has to be 1 to 60 s.");
        }
    }
}
