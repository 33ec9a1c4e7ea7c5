using System.Globalization;
using System.Security.Cryptography;
using FlashCall.Contracts;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Rules;

namespace FlashCall.Fraud.Policies;

/// <summary>A policy ready for use: a document, the rules that it sets, and what they need to have counted. Immutable.</summary>
internal sealed class Policy
{
    /// <summary>Raised with every change of a rule that gives other verdicts under the same document.</summary>
    private const int EngineVersion = 2;

    private readonly int[][] _grains;

    /// <param name="document">What it says.</param>
    /// <param name="number">Which of the operator's policies, 1 or more.</param>
    public Policy(PolicyDocument document, int number)
    {
        Document = document;
        Number = number;
        Rules = RuleBook.Of(document);
        Needs = [.. Rules.SelectMany(rule => rule.Needs).Distinct()];
        _grains = new int[Cell(SubjectKind.Neighbour, Measure.NarrowerBlocks) + 1][];
        Array.Fill(_grains, []);
        foreach (var group in Needs.GroupBy(need => (need.StoredKind, need.Measure)))
        {
            _grains[Cell(group.Key.StoredKind, group.Key.Measure)] =
                [.. group.Select(need => need.Window.GrainSeconds).Distinct().Order()];
        }
        Memory = Needs.Select(need => need.Window.Length + need.Window.Lag).DefaultIfEmpty(TimeSpan.Zero).Max();
        Trunks = document.AnsweredRate is { } answered ? new TrunkAnswers(answered, document.Blocks) : null;
        var fingerprint = Convert.ToHexStringLower(SHA256.HashData(PolicyText.Write(document)).AsSpan(0, 6));
        Version = string.Create(CultureInfo.InvariantCulture, $"{number}-{EngineVersion}-{fingerprint}");
    }

    /// <summary>What it says.</summary>
    public PolicyDocument Document { get; }

    /// <summary>Which of the operator's policies.</summary>
    public int Number { get; }

    /// <summary>Names the policy: its number, the engine's version, the fingerprint of the document. The same name means the same verdicts
    /// on the same history.</summary>
    public string Version { get; }

    /// <summary>The rules, in the order in which reasons of equal weight are told.</summary>
    public IReadOnlyList<IRule> Rules { get; }

    /// <summary>What is looked at when a call ends; null where the rule is switched off.</summary>
    public TrunkAnswers? Trunks { get; }

    /// <summary>What the rules read, each once.</summary>
    public IReadOnlyList<Need> Needs { get; }

    /// <summary>How far back the longest window reaches.</summary>
    public TimeSpan Memory { get; }

    /// <summary>The grains in which a measure of a kind of subject is kept; none if no rule reads it.</summary>
    public ReadOnlySpan<int> GrainsOf(SubjectKind kind, Measure measure) => _grains[Cell(kind, measure)];

    /// <summary>From which score on a purpose's requests are challenged or blocked.</summary>
    public Thresholds ThresholdsOf(Purpose purpose) =>
        Document.Purposes.GetValueOrDefault(purpose)?.Thresholds ?? Document.Thresholds;

    /// <summary>What a rule's factors weigh for a purpose, in percent.</summary>
    public int WeightOf(Purpose purpose, string rule) =>
        Document.Purposes.GetValueOrDefault(purpose) is { } own && own.Weights.TryGetValue(rule, out var percent) ? percent : 100;

    private static int Cell(SubjectKind kind, Measure measure) => ((int)kind * ((int)Measure.NarrowerBlocks + 1)) + (int)measure;
}
