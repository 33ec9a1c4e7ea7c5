namespace FlashCall.Load;

/// <summary>One of the two that are compared: calls at a rate, against a server that rings.</summary>
/// <param name="options">What is to be measured.</param>
/// <param name="cores">Where it and its server run.</param>
internal abstract class LoadClient(LoadOptions options, Cores cores)
{
    // The server waits so long before its 180.
    private static readonly TimeSpan PostDialDelay = TimeSpan.FromMilliseconds(150);

    /// <summary>What the table calls it.</summary>
    public abstract string Name { get; }

    protected Cores Cores { get; } = cores;

    protected TimeSpan RingTime { get; } = options.RingTime;

    protected TimeSpan CallTime => PostDialDelay + RingTime;

    /// <summary>Calls at a rate, against a server that was started for it.</summary>
    public async Task<Try> TryAsync(int rate, CancellationToken cancellationToken)
    {
        await using var server = await SippServer.StartAsync(Cores, cancellationToken);
        return await TryAsync(server.Port, rate, (int)(rate * options.Length.TotalSeconds), cancellationToken);
    }

    protected abstract Task<Try> TryAsync(int port, int rate, int calls, CancellationToken cancellationToken);
}
