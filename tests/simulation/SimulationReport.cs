using System.Globalization;
using System.Text;
using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Fraud.Engine;

namespace FlashCall.Simulation;

/// <summary>How the policy did.</summary>
/// <param name="policyVersion">Which.</param>
/// <param name="seed">Of the traffic.</param>
/// <param name="hours">Its length.</param>
internal sealed class SimulationReport(string policyVersion, int seed, int hours)
{
    private readonly SortedDictionary<string, Tally> _attacks = new(StringComparer.Ordinal);
    private readonly HashSet<int> _people = [];
    private readonly HashSet<int> _refused = [];
    private readonly SortedDictionary<string, int> _why = new(StringComparer.Ordinal);
    private readonly Tally _honest = new();

    /// <summary>What is left of an attack after its first 20 calls has to be stopped to this share.</summary>
    public const double StoppedGoal = 0.95;

    /// <summary>And less than this share of honest requests and people refused.</summary>
    public const double RefusedGoal = 0.005;

    /// <summary>The attacks by name.</summary>
    public IReadOnlyDictionary<string, Tally> Attacks => _attacks;

    /// <summary>The honest requests.</summary>
    public Tally Honest => _honest;

    /// <summary>The share of honest requests that were refused.</summary>
    public double RefusedRequests => (double)_honest.Stopped / Math.Max(1, _honest.Tried);

    /// <summary>The share of people who were refused at least once.</summary>
    public double RefusedPeople => (double)_refused.Count / Math.Max(1, _people.Count);

    /// <summary>Counts a request and what was said of it.</summary>
    public void Count(Visit visit, Assessment assessment)
    {
        if (visit.Traffic == Visit.Honest)
        {
            _honest.Count(assessment);
            _people.Add(visit.Person);
            if (assessment.Verdict is not Verdict.Block)
                return;
            _refused.Add(visit.Person);
            var heaviest = assessment.Factors.First(factor => !factor.Shadow);
            var why = heaviest.Evidence?.GetValueOrDefault("reason") is { } reason ? $"{heaviest.Code} ({reason})" : heaviest.Code;
            _why[why] = _why.GetValueOrDefault(why) + 1;
            return;
        }
        if (!_attacks.TryGetValue(visit.Traffic, out var tally))
            _attacks[visit.Traffic] = tally = new Tally();
        tally.Count(assessment);
    }

    /// <summary>A table, and then one line of JSON.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"Policy {policyVersion}, seed {seed}, {hours} hours");
        text.AppendLine(CultureInfo.InvariantCulture,
            $"{"",-14}{"tried",8}{"stopped",9}{"challenged",12}{"through",9}{"before stop",13}{"after 20",10}  ");
        foreach (var (name, tally) in _attacks)
        {
            text.AppendLine(CultureInfo.InvariantCulture,
                $"{name,-14}{tally.Tried,8}{tally.Stopped,9}{tally.Challenged,12}{tally.Through,9}{tally.BeforeStop,13}"
                + $"{100 * tally.StoppedAfterFirst,9:0.0}%{(tally.StoppedAfterFirst >= StoppedGoal ? "  met" : "  NOT MET")}");
        }
        text.AppendLine(CultureInfo.InvariantCulture,
            $"honest: {_honest.Tried} requests of {_people.Count} people; refused {_honest.Stopped} requests "
            + $"({100 * RefusedRequests:0.000}%), {_refused.Count} people ({100 * RefusedPeople:0.000}%); challenged {_honest.Challenged} requests");
        foreach (var (why, count) in _why.OrderByDescending(pair => pair.Value))
            text.AppendLine(CultureInfo.InvariantCulture, $"  {count,6}  {why}");
        text.Append(JsonSerializer.Serialize(new
        {
            policy = policyVersion,
            seed,
            hours,
            honest = new
            {
                requests = _honest.Tried,
                people = _people.Count,
                refusedRequests = RefusedRequests,
                refusedPeople = RefusedPeople,
                challenged = _honest.Challenged,
            },
            attacks = _attacks.ToDictionary(
                pair => pair.Key,
                pair => new
                {
                    tried = pair.Value.Tried,
                    stopped = pair.Value.Stopped,
                    challenged = pair.Value.Challenged,
                    beforeStop = pair.Value.BeforeStop,
                    stoppedAfterFirst20 = pair.Value.StoppedAfterFirst,
                }),
        }));
        return text.ToString();
    }
}

/// <summary>The requests of one kind of traffic. Stopped is what was blocked; a challenged one counts as let through.</summary>
internal sealed class Tally
{
    private const int First = 20;

    private int _stoppedAfterFirst;

    /// <summary>All.</summary>
    public int Tried { get; private set; }

    /// <summary>Those that were blocked.</summary>
    public int Stopped { get; private set; }

    /// <summary>Those that would have been blocked had everything been enforced that is in shadow mode.</summary>
    public int WouldStop { get; private set; }

    /// <summary>Those that were challenged.</summary>
    public int Challenged { get; private set; }

    /// <summary>Those that were let through, challenged or not.</summary>
    public int Through => Tried - Stopped;

    /// <summary>How many got through before the first was blocked.</summary>
    public int BeforeStop { get; private set; }

    /// <summary>Of those after the first 20, the share that was blocked; 1 where there were no more.</summary>
    public double StoppedAfterFirst => Tried <= First ? 1 : (double)_stoppedAfterFirst / (Tried - First);

    /// <summary>Counts one.</summary>
    public void Count(Assessment assessment)
    {
        var verdict = assessment.Verdict;
        Tried++;
        if (verdict is not Verdict.Block && assessment.ShadowVerdict is Verdict.Block)
            WouldStop++;
        if (verdict is Verdict.Block)
        {
            Stopped++;
            if (Tried > First)
                _stoppedAfterFirst++;
        }
        else if (Stopped == 0)
        {
            BeforeStop++;
        }
        if (verdict is Verdict.Challenge)
            Challenged++;
    }
}
