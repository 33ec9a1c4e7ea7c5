using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Policies;

namespace FlashCall.Fraud.Storage;

/// <summary>How long what is stored can still change a verdict; then it goes (docs/decisions/0010).</summary>
internal static class Retention
{
    private static readonly (int GrainSeconds, TimeSpan Longest)[] Grains =
    [
        (5, TimeSpan.FromMinutes(10)), (60, TimeSpan.FromHours(2)), (900, TimeSpan.FromDays(2)), (21_600, TimeSpan.FromDays(2)),
    ];

    /// <summary>A session may ask again for as long as it lives, and be reported on: minutes.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromHours(1);

    private static readonly SubjectKind[] OfPeople =
        [SubjectKind.Number, SubjectKind.Address, SubjectKind.Device, SubjectKind.DeviceWithNumber];

    /// <summary>The counters that no window reaches any longer: of each kind and grain those of buckets before the given one. What this
    /// policy does not read, another replica's newer one may: it is kept for as long as windows of such a grain may be.</summary>
    public static IEnumerable<(SubjectKind Kind, int GrainSeconds, long Before)> CountersAt(Policy policy, DateTimeOffset now)
    {
        var read = policy.Needs.GroupBy(need => (need.StoredKind, need.Window.GrainSeconds)).ToDictionary(
            needs => needs.Key, needs => needs.Max(need => need.Window.Length + need.Window.Lag));
        foreach (var kind in Enum.GetValues<SubjectKind>())
        {
            foreach (var (grain, longest) in Grains)
            {
                var reach = read.GetValueOrDefault((kind, grain), longest);
                yield return (kind, grain, Window.BucketOf(now - reach, grain));
            }
        }
    }

    /// <summary>How long a session's request and outcomes are kept: as long as the longest window of people's own counters.</summary>
    public static TimeSpan OfSessions(Policy policy) => policy.Needs
        .Where(need => OfPeople.Contains(need.StoredKind))
        .Select(need => need.Window.Length + need.Window.Lag)
        .Append(Least)
        .Max();
}
