using System.Collections.Concurrent;
using System.Net;
using FlashCall.Sip;

namespace FlashCall.Dialer.Tests.Routing;

/// <summary>A carrier that is asked whether it is there.</summary>
internal sealed class OptionsPeer : ISipServer, IAsyncDisposable
{
    private readonly SipStack _stack = new(
        new SipStackOptions { Timings = new SipTimings { T1 = TimeSpan.FromMilliseconds(100) } }, TimeProvider.System);
    private readonly UdpSipTransport _transport = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly ConcurrentQueue<SipRequest> _asked = new();

    public OptionsPeer() => _stack.Start(this, _transport);

    public string Address => _transport.LocalEndPoint.ToString();

    /// <summary>What it answers; null for nothing.</summary>
    public int? Status { get; set; } = 200;

    /// <summary>The requests that came, repeats left out.</summary>
    public IReadOnlyCollection<SipRequest> Asked => _asked;

    public void OnRequest(SipServerTransaction transaction)
    {
        _asked.Enqueue(transaction.Request);
        if (Status is { } status)
            transaction.Respond(status);
    }

    public void OnCancel(SipServerTransaction invite)
    {
    }

    public void OnAck(SipRequest ack, SipHop source)
    {
    }

    public void OnUnacknowledged(SipServerTransaction invite)
    {
    }

    public ValueTask DisposeAsync() => _stack.DisposeAsync();
}
