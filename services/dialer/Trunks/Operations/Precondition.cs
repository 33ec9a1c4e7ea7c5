using FlashCall.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Dialer.Trunks.Operations;

/// <summary>Whether a change of a trunk is wanted under the condition that its request names.</summary>
internal static class Precondition
{
    /// <summary>Why the change is not made; null where it may be.</summary>
    /// <param name="condition">What the request asks for.</param>
    /// <param name="current">The trunk as it stands; null if it is not there.</param>
    public static ProblemHttpResult? Check(this VersionCondition condition, StoredTrunk? current)
    {
        if (!condition.Matches(current?.Version))
            return current is null ? TrunkRefusals.NotThere() : TrunkRefusals.AnotherVersion(current);
        return condition.IsRuledOut(current?.Version) ? TrunkRefusals.There(current!) : null;
    }
}
