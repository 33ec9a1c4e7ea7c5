using FlashCall.Dialer.Attempts;
using FlashCall.Dialer.Calls;
using FlashCall.Dialer.Reports;
using FlashCall.Hosting;
using Npgsql;

namespace FlashCall.Dialer;

/// <summary>
/// The orderly end, before the bus, the reports and the SIP socket stop: takes no more commands, ends the calls as SIP wants it, reports
/// them, and leaves what it could not end to the other replicas. Most calls have rung to their end by then: commands stop coming in when
/// the process is told to stop, and this follows after its grace.
/// </summary>
internal sealed partial class CallDrain(
    CommandIntake intake,
    CallsInProgress calls,
    CallReports reports,
    Liveness liveness,
    ILogger<CallDrain> logger) : IHostedLifecycleService
{
    private static readonly TimeSpan ForCommands = TimeSpan.FromSeconds(3);
    // A peer that answers at all answers a CANCEL within a few repeats; the host gives 30 s for everything.
    private static readonly TimeSpan ForCalls = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan ForReports = TimeSpan.FromSeconds(6);

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await intake.CloseAsync(cancellationToken).WaitAsync(ForCommands, cancellationToken);
        }
        // A command that waits for the database does not keep phones ringing.
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            LogCommandsWait(exception);
        }
        await calls.EndAllAsync(ForCalls, cancellationToken);
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(ForReports);
            await reports.CompleteAsync(timeout.Token);
            await liveness.RetireAsync(timeout.Token);
        }
        // What is not recorded is an orphan, what is not sent is overdue: both are found by the next replica that looks.
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException or OperationCanceledException)
        {
            LogLeft(exception);
        }
    }

    Task IHostedLifecycleService.StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedService.StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedLifecycleService.StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedService.StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedLifecycleService.StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Some commands are still being handled while the process stops; they go to another replica")]
    private partial void LogCommandsWait(Exception exception);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Not everything could be recorded and reported before stopping; the next replica does it")]
    private partial void LogLeft(Exception exception);
}
