using System.Threading.Channels;

namespace FlashCall.Handset.Calls;

/// <summary>Hears of the calls that ring. One that does not keep up, by so many calls, hears no more rather than filling the
/// memory.</summary>
internal sealed class RingListener(Action<RingListener> leave) : IDisposable
{
    private const int MostBehind = 100_000;

    private readonly Channel<RingingPhone> _calls =
        Channel.CreateBounded<RingingPhone>(new BoundedChannelOptions(MostBehind) { SingleReader = true });

    /// <summary>The calls, in the order in which they rang; it ends when the listener fell behind.</summary>
    public ChannelReader<RingingPhone> Calls => _calls.Reader;

    /// <summary>A call rings.</summary>
    public void Tell(RingingPhone call)
    {
        if (!_calls.Writer.TryWrite(call))
            _calls.Writer.TryComplete();
    }

    /// <inheritdoc/>
    public void Dispose() => leave(this);
}

/// <summary>A call that has begun to ring.</summary>
/// <param name="Phone">Which phone rings.</param>
/// <param name="Call">Its entry in the phone's log.</param>
internal sealed record RingingPhone(string Phone, LoggedCall Call);
