using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.Verification.Storage;
using MassTransit;
using Npgsql;

namespace FlashCall.Verification.Subjects;

/// <summary>
/// Brings erasures to their end: erases this service's own part, tells the other services until each has answered, and a little later does
/// all of it once more, for what was still on its way. Any replica takes what is due, and goes on where a dead one left it. No step hurts
/// when it is done twice.
/// </summary>
internal sealed partial class ErasureConductor(
    ErasureStore erasures, SessionEraser eraser, Messenger messenger, OutageLog outages, TimeProvider time,
    ILogger<ErasureConductor> logger) : BackgroundService
{
    /// <summary>Between the first round and the second: messages that were under way have arrived by then.</summary>
    internal static readonly TimeSpan SettleFor = TimeSpan.FromSeconds(5);

    private const int SentAtOnce = 50;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a replica may be at an erasure between two signs of life before another takes it.</summary>
    private static readonly TimeSpan Claim = TimeSpan.FromSeconds(30);

    /// <summary>When a service that has not answered is told again.</summary>
    private static readonly TimeSpan TellAgainAfter = TimeSpan.FromSeconds(10);

    /// <summary>When sessions are looked at again that have to come to rest.</summary>
    private static readonly TimeSpan RestWithin = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Poll, time);
        do
        {
            try
            {
                while (await erasures.ClaimAsync(time.Now(), time.Now() + Claim, stoppingToken) is { } claimed)
                    await StepAsync(claimed, stoppingToken);
            }
            // The row stays, and comes due again.
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                if (!outages.Waits(exception, "Erasures"))
                    LogPutOff(exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task StepAsync(ClaimedErasure claimed, CancellationToken cancellationToken)
    {
        var (erased, waiting) = await eraser.EraseAsync(claimed, cancellationToken);
        if (erased > 0)
        {
            // There may be more; whoever takes it next goes on.
            await erasures.PutOffAsync(claimed, time.Now(), cancellationToken);
            return;
        }
        if (waiting > 0)
        {
            await erasures.PutOffAsync(claimed, time.Now() + RestWithin, cancellationToken);
            return;
        }
        var unanswered = await erasures.UnansweredAsync(claimed, SentAtOnce, cancellationToken);
        if (unanswered.Count > 0)
        {
            // Before they are sent: an answer makes the erasure due at once, and must not be overwritten.
            if (await erasures.PutOffAsync(claimed, time.Now() + TellAgainAfter, cancellationToken))
                await Task.WhenAll(unanswered.Select(one => TellAsync(one.Service, one.Command, cancellationToken)));
        }
        else if (claimed.Round == 1)
        {
            await erasures.BeginSecondRoundAsync(claimed, time.Now() + SettleFor, cancellationToken);
        }
        else if (await erasures.CompleteAsync(claimed, time.Now(), cancellationToken))
        {
            LogComplete(claimed.Id);
        }
    }

    private async Task TellAsync(string service, EraseSubject command, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(SendTimeout);
        try
        {
            await messenger.SendAsync(
                service, command, MessageId.Derive(command.ErasureId, $"erase-{service}-{command.Round}-{command.Part}"), timeout.Token);
        }
        // Whatever went wrong, it is told again until it answers.
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotTold(command.ErasureId, service, exception.GetType().Name, exception.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Erasure {ErasureId} is complete")]
    private partial void LogComplete(Guid erasureId);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Erasure {ErasureId}: {Service} could not be told ({Error}: {Detail}); it is told again in 10 s")]
    private partial void LogNotTold(Guid erasureId, string service, string error, string detail);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Erasures could not be gone on with; it is tried again")]
    private partial void LogPutOff(Exception exception);
}

/// <summary>Takes the answers of the services.</summary>
internal sealed class SubjectErasedConsumer(ErasureStore erasures, TimeProvider time) : IConsumer<SubjectErased>
{
    public Task Consume(ConsumeContext<SubjectErased> context) =>
        erasures.TakeAnswerAsync(context.Message, time.Now(), context.CancellationToken);
}
