using System.Diagnostics;
using FlashCall.Contracts;
using FlashCall.Dialer.Attempts;
using FlashCall.Hosting;

namespace FlashCall.Dialer.Reports;

/// <summary>Sends reports to the verification service. A repeat has the id of the first, so that it can be told from news.</summary>
internal sealed class ReportSender(Messenger messenger)
{
    /// <summary>Sends one report within the trace of its call.</summary>
    public async Task SendAsync(Report report, CancellationToken cancellationToken)
    {
        if (report.Span is { IsStopped: false } span)
            Activity.Current = span;
        await (report switch
        {
            Report.Ringing ringing => SendAsync(ringing.Message, cancellationToken),
            Report.Ended ended => SendAsync(ended.Message, cancellationToken),
            _ => throw new ArgumentOutOfRangeException(nameof(report)),
        });
    }

    /// <summary>Sends again, or at last, what a row knows.</summary>
    public async Task SendAsync(Attempt attempt, CancellationToken cancellationToken)
    {
        using var span = Activity.Current is null && attempt.Trace != default
            ? Telemetry.Source.StartActivity("report call", ActivityKind.Internal, attempt.Trace)
            : null;
        if (attempt.Ringing is { } ringing)
            await SendAsync(ringing, cancellationToken);
        if (attempt.Ended is { } ended)
            await SendAsync(ended, cancellationToken);
    }

    private Task SendAsync(FlashCallRinging ringing, CancellationToken cancellationToken) =>
        messenger.SendAsync(Queues.Verification, ringing, MessageId.Derive(ringing.AttemptId, "ringing"), cancellationToken);

    private Task SendAsync(FlashCallEnded ended, CancellationToken cancellationToken) =>
        messenger.SendAsync(Queues.Verification, ended, MessageId.Derive(ended.AttemptId, "ended"), cancellationToken);
}
