using System.Globalization;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;

namespace FlashCall.Fraud.Rules;

/// <summary>
/// Too many requests of one subject. A number's limit says how often a phone may ring, so it counts what was let through and is decisive:
/// no
/// phone rings more often than a person who tries again would make it ring. Others are shared by honest people, so that the weight grows
/// with
/// the excess: 50 at the limit, 100 at twice the limit. A client's limit
/// counts every request, that of a prefix or an application what was let through, so that an attack that is stopped takes no room from
/// others. The heaviest excess counts, not the sum.
/// </summary>
internal sealed class Velocity : IRule
{
    private const int WeightAtLimit = 50;

    /// <summary>Long enough for a weekend, short enough to follow growth.</summary>
    private static readonly Window Usual = new(TimeSpan.FromDays(14), TimeSpan.FromSeconds(1));

    private readonly SubjectKind _kind;
    private readonly VelocityLimit[] _limits;

    /// <param name="kind">Whose requests.</param>
    /// <param name="limits">How many are usual.</param>
    public Velocity(SubjectKind kind, IEnumerable<VelocityLimit> limits)
    {
        _kind = kind;
        _limits = [.. limits.OrderBy(limit => limit.WindowSeconds)];
        Name = $"{kind.ToString().ToLowerInvariant()}_velocity";
        Needs =
        [
            .. _limits.Select(limit => new Need(kind, Counted, limit.Window, limit.PrefixDigits)),
            .. _limits.Where(limit => limit.TimesUsual > 0).Select(limit => new Need(kind, Counted, Usual, limit.PrefixDigits)),
        ];
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<Need> Needs { get; }

    private Measure Counted => _kind is SubjectKind.Number or SubjectKind.Prefix or SubjectKind.Application
        ? Measure.Rings
        : Measure.Requests;

    /// <inheritdoc/>
    public IEnumerable<Finding> Judge(RiskRequest request, Readings readings)
    {
        Finding? heaviest = null;
        foreach (var limit in _limits)
        {
            foreach (var subject in new Need(_kind, Counted, limit.Window, limit.PrefixDigits).SubjectsOf(request))
            {
                var count = readings.Of(subject, Counted, limit.Window);
                var allowed = AllowedOf(limit, subject, readings);
                // Of equally full windows the longest tells best how long to wait.
                if (count >= allowed && WeightOf(count, allowed) is var weight && weight >= (heaviest?.Weight ?? 0))
                    heaviest = Find(limit, subject, count, allowed, weight);
            }
        }
        return heaviest is null ? [] : [heaviest];
    }

    private long AllowedOf(VelocityLimit limit, Subject subject, Readings readings) => limit.TimesUsual == 0
        ? limit.Limit
        : Math.Max(limit.Limit,
            readings.Of(subject, Counted, Usual) * limit.TimesUsual * limit.WindowSeconds / (long)Usual.Length.TotalSeconds);

    private int WeightOf(long count, long allowed) =>
        _kind is SubjectKind.Number ? Finding.Decisive : (int)Math.Min(Finding.Decisive, WeightAtLimit * count / allowed);

    private Finding Find(VelocityLimit limit, Subject subject, long count, long allowed, int weight)
    {
        var said = _kind is SubjectKind.Number
            ? string.Create(CultureInfo.InvariantCulture,
                $"This number was rung or about to be {allowed} times within {limit.Window.Text}, the limit. Ask again later.")
            : string.Create(CultureInfo.InvariantCulture,
                $"{WhoOf(subject)} {allowed} requests within {limit.Window.Text}, the limit. Ask again later.");
        return new Finding(Name, weight, said)
        {
            Evidence =
            [
                ("count", count.ToString(CultureInfo.InvariantCulture)), ("limit", allowed.ToString(CultureInfo.InvariantCulture)),
                ("window_seconds", limit.WindowSeconds.ToString(CultureInfo.InvariantCulture)),
                .. _kind is SubjectKind.Prefix ? [("prefix", subject.Key)] : ((string, string)[])[],
            ],
        };
    }

    private static string WhoOf(Subject subject) => subject.Kind switch
    {
        SubjectKind.Address => "The client's address had",
        SubjectKind.Network => "The client's network had",
        SubjectKind.Device => "The client's device had",
        SubjectKind.Prefix => $"Numbers that begin with {subject.Key} had",
        SubjectKind.Application => "The application had",
        _ => throw new ArgumentOutOfRangeException(nameof(subject)),
    };
}
