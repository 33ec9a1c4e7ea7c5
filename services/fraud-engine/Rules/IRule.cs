using System.Runtime.InteropServices;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;

namespace FlashCall.Fraud.Rules;

/// <summary>One kind of reason to mistrust a request. A rule sees its own settings, the request and the counts that it needs, and reaches
/// for nothing else. A new one joins <see cref="Policies.RuleBook"/> and gets its line in docs/fraud.md.</summary>
internal interface IRule
{
    /// <summary>What the policy calls it, snake_case: in its list of rules in shadow mode and in the weights of purposes.</summary>
    string Name { get; }

    /// <summary>What it has to read, of all subjects of the kind that a request has.</summary>
    IReadOnlyList<Need> Needs { get; }

    /// <summary>What speaks against the request.</summary>
    IEnumerable<Finding> Judge(RiskRequest request, Readings readings);
}

/// <summary>A count that a rule needs.</summary>
/// <param name="Kind">Of whom.</param>
/// <param name="Measure">Of what.</param>
/// <param name="Window">Within which time.</param>
/// <param name="PrefixDigits">For <see cref="SubjectKind.Prefix"/>, how many digits; 0 for all four prefixes.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Need(SubjectKind Kind, Measure Measure, Window Window, int PrefixDigits = 0)
{
    /// <summary>The kind that it is stored under.</summary>
    public SubjectKind StoredKind => Kind is SubjectKind.Neighbour ? SubjectKind.Number : Kind;

    /// <summary>Whose counts of a request these are.</summary>
    public Subject[] SubjectsOf(RiskRequest request) =>
        Kind is SubjectKind.Prefix && PrefixDigits > 0 ? request.PrefixOf(PrefixDigits) : request.SubjectsOf(Kind);
}

/// <summary>What a rule found.</summary>
/// <param name="Code">Stable code, snake_case.</param>
/// <param name="Weight">1 to 100 before the purpose's weight; <see cref="Decisive"/> blocks whatever thresholds and purpose.</param>
/// <param name="Detail">A sentence for the developer of the client app, without personal data.</param>
internal sealed record Finding(string Code, int Weight, string Detail)
{
    /// <summary>The weight of a reason that is enough alone.</summary>
    public const int Decisive = 100;

    /// <summary>The figures behind it, by name; no personal data.</summary>
    public IReadOnlyList<(string Name, string Value)> Evidence { get; init; } = [];

    /// <summary>Holds for everybody: the safe list does not waive it.</summary>
    public bool HoldsForAll { get; init; }

    /// <summary>Who or what is to be blocked for a while because of it.</summary>
    public Subject? Raises { get; init; }
}
