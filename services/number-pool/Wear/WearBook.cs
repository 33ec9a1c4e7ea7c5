using System.Globalization;
using System.Runtime.InteropServices;

namespace FlashCall.NumberPool.Wear;

/// <summary>A number as the pool has it.</summary>
/// <param name="State">Whether it is leased.</param>
/// <param name="RestsUntil">Of one that rests: until when (UTC). After that it is on trial.</param>
/// <param name="Rests">How often it has rested by itself without having shown itself in between.</param>
/// <param name="Evidence">What speaks against it so far.</param>
internal sealed record Standing(Standing.Kind State, DateTimeOffset? RestsUntil, int Rests, Evidence Evidence)
{
    /// <summary>Whether a number is leased.</summary>
    internal enum Kind
    {
        /// <summary>It is.</summary>
        Active,

        /// <summary>It rests, or is on trial.</summary>
        Resting,

        /// <summary>It is not any more.</summary>
        Retired,
    }
}

/// <summary>What is decided about a number.</summary>
/// <param name="Number">The number, without its plus sign.</param>
/// <param name="Verdict">What becomes of it.</param>
/// <param name="Reason">Why, with the figures and without the number.</param>
/// <param name="Trunk">The trunk of the call that decided it.</param>
internal sealed record Finding(long Number, Verdict Verdict, string Reason, string Trunk);

/// <summary>Calls of one number over one trunk to one destination, or of all numbers on one day.</summary>
/// <param name="Rang">Calls that rang.</param>
/// <param name="Answered">Calls that were picked up.</param>
/// <param name="Blocked">Calls that did not ring, which can lie in the caller ID.</param>
/// <param name="Reported">Calls with a report, right or wrong.</param>
/// <param name="Verified">Calls that were verified.</param>
/// <param name="LastAt">When the last of them was known (UTC).</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Tally(long Rang, long Answered, long Blocked, long Reported, long Verified, DateTimeOffset LastAt)
{
    /// <summary>One call more.</summary>
    public Tally Add(Outcome outcome) => new(
        Rang + One(outcome.Rang), Answered + One(outcome.Answered), Blocked + One(outcome.Blocked), Reported + One(outcome.Reported),
        Verified + One(outcome.Verified), outcome.At > LastAt ? outcome.At : LastAt);

    private static long One(bool counts) => counts ? 1 : 0;
}

/// <summary>Takes outcomes, one after the other, and says what they come to.</summary>
/// <param name="settings">When a number is worn.</param>
/// <param name="now">The moment at which it is decided (UTC).</param>
internal sealed class WearBook(WearSettings settings, DateTimeOffset now)
{
    private readonly WearTest _test = new(settings);

    /// <summary>The first day that counts.</summary>
    public DateOnly From { get; } = FirstDay(settings, now);

    /// <summary>The numbers of the pool among the callers; each with its evidence, as it becomes.</summary>
    public Dictionary<long, Standing> Numbers { get; } = [];

    /// <summary>The last days of each number, by trunk and destination, as they become.</summary>
    public Dictionary<CallPath, RecentDays> Recent { get; } = [];

    /// <summary>The groups, as they become; those of whole trunks too.</summary>
    public Dictionary<PeerKey, PeerGroup> Groups { get; } = [];

    /// <summary>What is to be added to the numbers' figures.</summary>
    public Dictionary<CallPath, Tally> Added { get; } = [];

    /// <summary>What is to be added to the groups' figures, by day.</summary>
    public Dictionary<(PeerKey Group, DateOnly Day), Tally> AddedByDay { get; } = [];

    /// <summary>What is decided: one a number, the last.</summary>
    public Dictionary<long, Finding> Findings { get; } = [];

    /// <summary>The first day (UTC) that counts.</summary>
    public static DateOnly FirstDay(WearSettings settings, DateTimeOffset now) =>
        DateOnly.FromDateTime(now.UtcDateTime).AddDays(1 - settings.PeerDays);

    /// <summary>Takes an outcome.</summary>
    public void Take(Outcome outcome)
    {
        var (number, group) = outcome.Path;
        var day = (group, outcome.Day);
        AddedByDay[day] = AddedByDay.GetValueOrDefault(day).Add(outcome);
        var standing = Numbers.GetValueOrDefault(number);
        // A number that was removed meanwhile has no figures of its own any more; its call was one of the group's all the same.
        if (standing is not null)
            Added[outcome.Path] = Added.GetValueOrDefault(outcome.Path).Add(outcome);
        if (!outcome.Counts || outcome.Day < From)
            return;

        var peers = Of(Groups, group, static () => new PeerGroup(0, 0, default));
        var trunk = Of(Groups, group.WholeTrunk, static () => new PeerGroup(0, 0, default));
        if (standing is not null)
        {
            var own = Of(Recent, outcome.Path, static () => new RecentDays());
            if (settings.Enabled && peers.Expect(_test, own, Math.Min(peers.Trend.Pace, trunk.Trend.Pace)) is { } expected)
                Judge(outcome, standing, expected);
            own.Add(outcome.Day, outcome.Verified);
        }
        if (peers.Expect(_test) is { } usual)
        {
            peers.Trend = peers.Trend.Add(_test, usual.Cautious, outcome.Verified, outcome.At);
            trunk.Trend = trunk.Trend.Add(_test, usual.Cautious, outcome.Verified, outcome.At);
        }
        peers.Add(outcome.Verified);
    }

    private void Judge(Outcome outcome, Standing standing, Expectation expected)
    {
        switch (standing.State)
        {
            case Standing.Kind.Active:
                var evidence = _test.Add(standing.Evidence, expected, outcome.Verified, outcome.At);
                Note(outcome, standing, evidence, _test.IsWorn(evidence) ? _test.Sentence(standing.Rests, now) : null);
                break;
            // Calls from before the end of the rest were made before its beginning: they were known late.
            case Standing.Kind.Resting when standing.RestsUntil <= now && standing.RestsUntil <= outcome.At:
                // What there was before the rest counts no longer.
                var before = standing.Evidence.Since < standing.RestsUntil ? Evidence.None : standing.Evidence;
                var trial = _test.AddOnTrial(before, expected, outcome.Verified, outcome.At);
                Note(outcome, standing, trial,
                    WearTest.FailsTrial(trial) ? _test.Sentence(standing.Rests, now)
                    : WearTest.PassesTrial(trial) ? new Verdict.Activate()
                    : null);
                break;
        }
    }

    private void Note(Outcome outcome, Standing standing, Evidence evidence, Verdict? verdict)
    {
        var (number, group) = outcome.Path;
        Numbers[number] = verdict switch
        {
            null => standing with { Evidence = evidence },
            Verdict.Rest rest => new Standing(Standing.Kind.Resting, rest.Until, rest.Rests, Evidence.None),
            Verdict.Retire => new Standing(Standing.Kind.Retired, null, standing.Rests, Evidence.None),
            Verdict.Activate => new Standing(Standing.Kind.Active, null, 0, Evidence.None),
            _ => throw new ArgumentOutOfRangeException(nameof(verdict)),
        };
        if (verdict is not null)
            Findings[number] = new Finding(number, verdict, Explain(standing, evidence, group), group.Trunk);
    }

    private static string Explain(Standing standing, Evidence evidence, PeerKey group) => string.Create(CultureInfo.InvariantCulture,
        $"{(standing.State is Standing.Kind.Resting ? "on trial it verified" : "verified")} {evidence.Verified} of {evidence.Trials} calls "
        + $"that rang or were blocked since {evidence.Since.UtcDateTime:yyyy-MM-dd HH:mm} UTC; its peers "
        + $"{100 * evidence.Peers / evidence.Trials:0} % (the last one on trunk {group.Trunk} to {group.Destination})");

    private static TValue Of<TKey, TValue>(Dictionary<TKey, TValue> values, TKey key, Func<TValue> make) where TKey : notnull
    {
        if (!values.TryGetValue(key, out var value))
            values[key] = value = make();
        return value;
    }
}
