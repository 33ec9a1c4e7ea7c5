using FlashCall.Dialer.Attempts;
using FlashCall.Dialer.Reports;
using FlashCall.Dialer.Routing;
using FlashCall.Dialer.Signalling;
using FlashCall.Dialer.Trunks;

namespace FlashCall.Dialer.Calls;

/// <summary>What every call of this process works with.</summary>
internal sealed record CallSurroundings
{
    /// <summary>Our end of SIP.</summary>
    public required SipEndpoint Sip { get; init; }

    /// <summary>The trunks as they are now.</summary>
    public required Func<IEnumerable<Trunk>> Trunks { get; init; }

    /// <summary>Finds one of them for a call.</summary>
    public required TrunkRouter Router { get; init; }

    /// <summary>Where it is recorded that a call goes over another trunk than its caller ID was leased on.</summary>
    public required AttemptStore Attempts { get; init; }

    /// <summary>Takes what the platform shall learn about the call.</summary>
    public required Action<Report> Report { get; init; }

    /// <summary>The figures.</summary>
    public required DialerMetrics Metrics { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>The log.</summary>
    public required ILogger<OngoingCall> Logger { get; init; }
}
