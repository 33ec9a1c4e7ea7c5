namespace FlashCall.Load;

/// <summary>One of the two that are compared: calls at a rate, against a server that rings.</summary>
/// <param name="length">How long a try lasts.</param>
/// <param name="ringTime">From the 180 to the CANCEL.</param>
internal abstract class LoadClient(TimeSpan length, TimeSpan ringTime)
{
    // The server waits so long before its 180.
    private static readonly TimeSpan PostDialDelay = TimeSpan.FromMilliseconds(150);

    /// <summary>What the table calls it.</summary>
    public abstract string Name { get; }

    protected TimeSpan RingTime { get; } = ringTime;

    protected TimeSpan CallTime => PostDialDelay + RingTime;

    /// <summary>Calls at a rate, against a server that was started for it.</summary>
    public async Task<Try> TryAsync(int rate, CancellationToken cancellationToken)
    {
        await using var server = await SippServer.StartAsync(cancellationToken);
        return await TryAsync(server.Port, rate, (int)(rate * length.TotalSeconds), cancellationToken);
    }

    protected abstract Task<Try> TryAsync(int port, int rate, int calls, CancellationToken cancellationToken);
}
