using FlashCall.Contracts;
using FlashCall.Fraud.Counting;

namespace FlashCall.Fraud.Engine;

/// <summary>What the engine says of a request.</summary>
/// <param name="Verdict">What to do.</param>
/// <param name="Score">0 to 100, of what is enforced.</param>
/// <param name="ShadowVerdict">What the verdict would have been with all that is in shadow mode enforced; null where it is the
/// same.</param>
/// <param name="Factors">Why, the heaviest first; those in shadow mode too, which did not count.</param>
/// <param name="Changes">What history is to remember.</param>
internal sealed record Assessment(
    Verdict Verdict, int Score, Verdict? ShadowVerdict, IReadOnlyList<RiskFactor> Factors, Changes Changes);

/// <summary>What history is to remember, all of it or nothing.</summary>
/// <param name="Additions">To the counters.</param>
/// <param name="Blocks">Blocks that are new. Two requests at once may both raise one: of the same subject the one with the later end
/// stands.</param>
internal sealed record Changes(IReadOnlyList<CounterAddition> Additions, IReadOnlyList<TimedBlock> Blocks);
