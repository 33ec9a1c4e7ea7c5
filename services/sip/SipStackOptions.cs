namespace FlashCall.Sip;

/// <summary>The base times of RFC 3261 §17; all timers follow from them. Tests shorten them.</summary>
public sealed record SipTimings
{
    /// <summary>The round-trip time assumed: the first repeat of a request comes after it. 500 ms.</summary>
    public TimeSpan T1 { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest time between two repeats of a request other than INVITE and of a response. 4 s.</summary>
    public TimeSpan T2 { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long a message may stay in the network. 5 s.</summary>
    public TimeSpan T4 { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>64·T1: after it a transaction without an answer is given up (timers B, F, H) or forgotten (J, L, M). 32 s.</summary>
    public TimeSpan Timeout => 64 * T1;

    /// <summary>Timer D over an unreliable transport: as long as the peer repeats a final response, and 32 s at least, whatever T1
    /// is.</summary>
    internal TimeSpan TimerD => TimeSpan.FromSeconds(Math.Max(32, Timeout.TotalSeconds));
}

/// <summary>Which way a message went.</summary>
public enum SipDirection
{
    /// <summary>From us to a peer.</summary>
    Sent,

    /// <summary>From a peer to us.</summary>
    Received,
}

/// <summary>A message that goes over the wire, repeats included.</summary>
/// <param name="direction">Which way.</param>
/// <param name="hop">The peer.</param>
/// <param name="message">Its bytes, valid during the call only; of a received one possibly no SIP at all. Personal data: phone numbers
/// are to be masked before they are written anywhere.</param>
public delegate void SipMessageTap(SipDirection direction, SipHop hop, ReadOnlySpan<byte> message);

/// <summary>How a stack behaves.</summary>
public sealed record SipStackOptions
{
    /// <summary>The base times.</summary>
    public SipTimings Timings { get; init; } = new();

    /// <summary>The most requests of peers that are open at once, those included that only wait for repeats. What comes beyond is answered
    /// with 503 and forgotten, so that a flood fills no memory; CANCELs and requests within a dialog only beyond twice as many. 20,000
    /// unless said otherwise; at least 1.</summary>
    public int MaxServerTransactions { get; init; } = 20_000;

    /// <summary>Told of exceptions in the code above the stack and of errors while receiving; both are counted in any case.</summary>
    public Action<Exception>? OnFault { get; init; }

    /// <summary>Told of connections that could not be opened or broke, and why; on a thread of the pool. Those that peers opened are told
    /// of too, and who scans ports opens many.</summary>
    public Action<SipConnectionFailed>? OnConnectionFailed { get; init; }

    /// <summary>Sees every message just before it is sent and as it arrives, on the thread that does so. Null costs nothing.</summary>
    public SipMessageTap? OnMessage { get; init; }

    /// <summary>A longer request goes by TCP instead of UDP if there is a TCP transport, and by UDP after all if the peer does not take
    /// the connection. 1300 bytes by default, which is right where the path's MTU is not known (RFC 3261 §18.1.1).</summary>
    public int LargestDatagramRequest { get; init; } = 1300;

    /// <summary>Extensions that a request may require; any other is answered with 420 (RFC 3261 §8.2.2.3).</summary>
    public IReadOnlyCollection<string> Supported { get; init; } = [];
}
