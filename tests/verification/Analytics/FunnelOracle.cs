using System.Globalization;
using FlashCall.Funnel;

namespace FlashCall.Verification.Tests.Analytics;

/// <summary>The funnel, worked out anew from whole sessions, without folding anything: a line of text for each sum that is not zero, as
/// <see cref="FunnelText"/> reads them from the tables.</summary>
internal static class FunnelOracle
{
    public static IReadOnlyList<string> Of(IEnumerable<FunnelEvent> log)
    {
        var sums = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var session in log.GroupBy(one => one.VerificationId))
        {
            var all = session.ToList();
            var asked = all[0];
            var calls = all.Where(one => one.Step == FunnelStep.CallEnded).ToList();
            var answered = calls.Where(call => call.Answered).ToList();
            var trunk = all.LastOrDefault(one => one.Trunk is not null)?.Trunk ?? "";
            var rings = all.Select(one => one.Step == FunnelStep.Rang ? one.At : one.RangAt).OfType<DateTimeOffset>().ToList();
            var end = all.Find(one => one.Step == FunnelStep.Ended);
            var currency = answered.Find(call => call.Cost is not null)?.Currency;
            var cell = string.Create(CultureInfo.InvariantCulture,
                $"{asked.At:yyyy-MM-dd HH} {asked.ApplicationId} {asked.Purpose} {asked.Country} {asked.Prefix} '{trunk}'");

            Add("requested", 1);
            Add("allowed", Any(FunnelStep.Allowed));
            Add("leased", Any(FunnelStep.Leased));
            Add("dialled", rings.Count > 0 && all.Exists(one => one.Step == FunnelStep.Rang) || calls.Exists(call => call.Dialled) ? 1 : 0);
            Add("rang", rings.Count > 0 || answered.Count > 0 ? 1 : 0);
            Add("answered", answered.Count > 0 ? 1 : 0);
            Add("reported", Any(FunnelStep.Reported));
            Add("verified", end?.Outcome == "verified" ? 1 : 0);
            Add("billed", answered.Count);
            Add("unpriced", answered.Count(call => call.Cost is null || call.Currency != currency));
            if (end is not null)
                Add($"reason {end.Outcome} {end.Reason}", 1);
            if (rings.Count > 0)
                Add($"ring {Bucket(asked.At, rings[0])}", 1);
            if (end?.Outcome == "verified")
                Add($"verify {Bucket(asked.At, end.At)}", 1);
            Add($"cost {currency}", answered.Where(call => call.Cost is not null && call.Currency == currency).Sum(call => (long)Math.Round(call.Cost!.Value * 1_000_000)));

            void Add(string what, long count)
            {
                if (count != 0)
                    sums[$"{cell} {what}"] = sums.GetValueOrDefault($"{cell} {what}") + count;
            }

            int Any(FunnelStep step) => all.Exists(one => one.Step == step) ? 1 : 0;
        }
        return [.. sums.Select(sum => $"{sum.Key} = {sum.Value}")];
    }

    /// <summary>The bucket as its definition has it, by trying them all.</summary>
    private static int Bucket(DateTimeOffset from, DateTimeOffset to)
    {
        var micros = to.UtcTicks / 10 - from.UtcTicks / 10;
        var milliseconds = Math.Max(0, micros / 1000);
        return Enumerable.Range(0, 250).Last(bucket => bucket == 0 || Math.Pow(2, bucket / 8.0) <= milliseconds * (1 + 1e-12));
    }
}
