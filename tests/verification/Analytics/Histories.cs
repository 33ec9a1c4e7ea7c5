using CsCheck;
using FlashCall.Funnel;

namespace FlashCall.Verification.Tests.Analytics;

/// <summary>What may happen in sessions, in any order and more than once, and all of them mixed as a log has them.</summary>
internal static class Histories
{
    public static readonly DateTimeOffset Midnight = new(2026, 11, 24, 0, 0, 0, TimeSpan.Zero);

    private static readonly Gen<DateTimeOffset> Times =
        // Around midnight, in ticks, which are finer than what is stored.
        Gen.Long[-1_500_0000000, 1_500_0000000].Select(ticks => Midnight.AddTicks(ticks));

    private static readonly Gen<string?> Trunks = OneOf<string?>("carrier-1", "carrier-2", null);

    private static readonly Gen<FunnelEvent> Steps = Gen.OneOf(
        Times.Select(at => new FunnelEvent(default, FunnelStep.Allowed, at)),
        Gen.Select(Times, Trunks, (at, trunk) => new FunnelEvent(default, FunnelStep.Leased, at) { Trunk = trunk }),
        Times.Select(at => new FunnelEvent(default, FunnelStep.Rang, at)),
        Gen.Select(Times, Times, Trunks, Gen.Int[0, 15], (at, rang, trunk, how) => new FunnelEvent(default, FunnelStep.CallEnded, at)
        {
            Trunk = trunk,
            Dialled = how % 2 == 0,
            RangAt = how % 4 < 2 ? rang : null,
            Answered = how < 8,
            Cost = how % 3 == 0 ? 0.0042m * how : null,
            Currency = how % 3 == 0 ? how % 2 == 0 ? "EUR" : "SEK" : null,
        }),
        Times.Select(at => new FunnelEvent(default, FunnelStep.Reported, at)),
        Gen.Select(Times, Gen.Int[0, 6], (at, how) => new FunnelEvent(default, FunnelStep.Ended, at)
        {
            Outcome = how switch { 0 or 1 or 2 => "verified", 3 => "failed", 4 => "denied", 5 => "expired", _ => "error" },
            Reason = how switch { 0 or 1 or 2 => null, 3 => "callee_busy", 4 => "number_velocity", 5 => "not_reported", _ => "call_lost" },
        }));

    private static readonly Gen<FunnelEvent[]> Sessions =
        Gen.Select(Times, OneOf("shop", "bank"), OneOf("login", "kyc"), OneOf("SE", "GB"), Steps.Array[0, 9],
            (at, application, purpose, country, steps) => (FunnelEvent[])
            [
                new FunnelEvent(default, FunnelStep.Requested, at)
                {
                    ApplicationId = application,
                    Purpose = purpose,
                    Country = country,
                    Prefix = country == "SE" ? "+467017" : "+447700",
                },
                .. steps,
            ]);

    /// <summary>The log of several sessions: each one's events in order, mixed with the others'.</summary>
    public static readonly Gen<FunnelEvent[]> Logs =
        Gen.Select(Sessions.Array[1, 12], Gen.Int[0, int.MaxValue].Array[128], (sessions, order) =>
        {
            var waiting = sessions.Select(steps =>
            {
                var id = Guid.CreateVersion7();
                return new Queue<FunnelEvent>(steps.Select(step => step with { VerificationId = id }));
            }).ToList();
            var log = new List<FunnelEvent>();
            while (waiting.Count > 0)
            {
                var next = waiting[order[log.Count % order.Length] % waiting.Count];
                log.Add(next.Dequeue());
                waiting.RemoveAll(queue => queue.Count == 0);
            }
            return log.ToArray();
        });

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);
}
