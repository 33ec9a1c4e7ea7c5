using System.Collections.Concurrent;
using FlashCall.Dialer.Attempts;
using FlashCall.Dialer.Reports;
using FlashCall.Dialer.Routing;
using FlashCall.Dialer.Signalling;
using FlashCall.Dialer.Trunks;

namespace FlashCall.Dialer.Calls;

/// <summary>What every call of this process works with.</summary>
/// <param name="Sip">Our end of SIP.</param>
/// <param name="Digests">What trunks' challenges are answered with.</param>
/// <param name="Trunks">The trunks as they are now; of a service that has just started, as soon as it knows them.</param>
/// <param name="Router">Finds one of them for a call.</param>
/// <param name="Attempts">Where it is recorded that a call goes over another trunk than its caller ID was leased on.</param>
/// <param name="Report">Takes what the platform shall learn about a call.</param>
/// <param name="Metrics">The figures.</param>
/// <param name="Time">The clock.</param>
/// <param name="Log">The log.</param>
internal sealed record CallSurroundings(
    SipEndpoint Sip,
    TrunkDigests Digests,
    Func<CancellationToken, ValueTask<IReadOnlyCollection<Trunk>>> Trunks,
    TrunkRouter Router,
    AttemptStore Attempts,
    Action<Report> Report,
    DialerMetrics Metrics,
    TimeProvider Time,
    CallLog Log)
{
    // By the trunk's name. Few trunks were ever heard of in one process.
    private readonly ConcurrentDictionary<string, EndedCalls> _ended = new(StringComparer.Ordinal);

    /// <summary>Who takes answers to calls that have ended on a trunk.</summary>
    public EndedCalls EndedOn(string trunk) => _ended.GetOrAdd(trunk, static (trunk, around) => new EndedCalls(around, trunk), this);
}
