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
}

/// <summary>How a stack behaves.</summary>
public sealed record SipStackOptions
{
    /// <summary>The base times.</summary>
    public SipTimings Timings { get; init; } = new();

    /// <summary>The most requests of peers that are open at once, those included that only wait for repeats. What comes beyond is answered
    /// with 503 and forgotten, so that a flood fills no memory. 20,000 unless said otherwise; at least 1.</summary>
    public int MaxServerTransactions { get; init; } = 20_000;

    /// <summary>Told of exceptions in the code above the stack and of errors while receiving; both are counted in any case.</summary>
    public Action<Exception>? OnFault { get; init; }

    /// <summary>Extensions that a request may require; any other is answered with 420 (RFC 3261 §8.2.2.3).</summary>
    public IReadOnlyCollection<string> Supported { get; init; } = [];
}
