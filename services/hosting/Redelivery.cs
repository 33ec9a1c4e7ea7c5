using MassTransit;
using Npgsql;

namespace FlashCall.Hosting;

/// <summary>
/// How a message that failed is tried again, within this process and without giving it back to the broker, which after twenty returns may
/// throw it away (RabbitMQ 4). While what failed is an outage: for as long as it lasts. Else fifteen times in a minute, and then it goes to
/// the <c>_error</c> queue with its cause; what can never succeed goes there at once. A process that stops gives back what waits.
/// </summary>
/// <param name="outage">What counts as one.</param>
/// <param name="time">The clock of the pauses.</param>
internal sealed class Redelivery(BusOutage outage, TimeProvider time) : IRetryPolicy, IReceiveEndpointObserver
{
    /// <summary>How often a message that fails by itself is tried again: about a minute in all.</summary>
    internal const int MostRetries = 15;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);

    /// <summary>The pause that pauses grow to.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(8);

    /// <summary>The same during an outage, whose end is to be noticed while a person still waits in front of a screen: an answer that is
    /// not there after 5 s ends a session. 64 messages that wait so ask the database some thirty times a second.</summary>
    private static readonly TimeSpan LongestPauseOfOutage = TimeSpan.FromSeconds(2);

    /// <summary>Until a process that stops takes no more deliveries. What were given back before would come again at once.</summary>
    private static readonly TimeSpan StopsWithin = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource _stopping = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <inheritdoc/>
    public RetryPolicyContext<T> CreatePolicyContext<T>(T context) where T : class, PipeContext => new Fresh<T>(this, context);

    /// <inheritdoc/>
    public bool IsHandled(Exception exception) =>
        exception is not (ArgumentException or FormatException)
        && (exception is not PostgresException { IsTransient: false } || outage.Is(exception));

    void IProbeSite.Probe(ProbeContext context) => context.Set(new { Policy = nameof(Redelivery), Limit = MostRetries });

    Task IReceiveEndpointObserver.Ready(ReceiveEndpointReady ready) => Task.CompletedTask;

    Task IReceiveEndpointObserver.Stopping(ReceiveEndpointStopping stopping)
    {
        _stopping.TrySetResult();
        return Task.CompletedTask;
    }

    Task IReceiveEndpointObserver.Completed(ReceiveEndpointCompleted completed) => Task.CompletedTask;

    Task IReceiveEndpointObserver.Faulted(ReceiveEndpointFaulted faulted) => Task.CompletedTask;

    /// <param name="context">The message.</param>
    /// <param name="exception">How it failed this time.</param>
    /// <param name="retries">How often it was tried again before.</param>
    /// <param name="counted">How many of these failures were the message's own.</param>
    /// <param name="next">The retry.</param>
    private bool CanRetry<T>(T context, Exception exception, int retries, int counted, out RetryContext<T> next)
        where T : class, PipeContext
    {
        var isOutage = outage.Is(exception);
        next = new Retry<T>(this, context, exception, retries + 1, isOutage ? counted : counted + 1, isOutage);
        return IsHandled(exception) && (isOutage || counted < MostRetries);
    }

    /// <summary>Doubling pauses, each up to a fifth longer or shorter by chance, so that what failed together does not come back
    /// together.</summary>
    internal static TimeSpan PauseBefore(int retry, double chance, bool isOutage)
    {
        var longest = isOutage ? LongestPauseOfOutage : LongestPause;
        var pause = FirstPause * Math.Pow(2, Math.Min(retry - 1, 20));
        return (pause < longest ? pause : longest) * (0.8 + 0.4 * chance);
    }

    private async Task PauseAsync(int retry, bool isOutage, CancellationToken cancellationToken)
    {
        var pause = Task.Delay(PauseBefore(retry, Random.Shared.NextDouble(), isOutage), time, cancellationToken);
        if (await Task.WhenAny(pause, _stopping.Task) != pause)
        {
            await Task.Delay(StopsWithin, time, cancellationToken);
            // The one exception that neither reaches the error queue nor counts as handled: the message goes back to its queue.
            throw new OperationCanceledException("The service stops; the message goes back to its queue.");
        }
        await pause;
    }

    private sealed class Fresh<T>(Redelivery policy, T context) : RetryPolicyContext<T> where T : class, PipeContext
    {
        public T Context => context;

        public bool CanRetry(Exception exception, out RetryContext<T> retryContext) =>
            policy.CanRetry(context, exception, retries: 0, counted: 0, out retryContext);

        public Task RetryFaulted(Exception exception) => Task.CompletedTask;

        public void Cancel()
        {
            // Called only for policies that are connected to the bus; this one listens to its endpoint.
        }

        public void Dispose()
        {
        }
    }

    private sealed class Retry<T>(Redelivery policy, T context, Exception exception, int number, int counted, bool isOutage)
        : RetryContext<T> where T : class, PipeContext
    {
        public T Context => context;

        public CancellationToken CancellationToken => context.CancellationToken;

        public Exception Exception => exception;

        public int RetryAttempt => number;

        public int RetryCount => number - 1;

        /// <summary>The pause is in <see cref="PreRetry"/>, which may end it otherwise than by cancelling the message.</summary>
        public TimeSpan? Delay => null;

        public Type ContextType => typeof(T);

        public Task PreRetry() => policy.PauseAsync(number, isOutage, CancellationToken);

        public Task RetryFaulted(Exception exception) => Task.CompletedTask;

        public bool CanRetry(Exception exception, out RetryContext<T> retryContext) =>
            policy.CanRetry(context, exception, number, counted, out retryContext);
    }
}
