using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace FlashCall.Dialer.Trunks.Operations;

/// <summary>Under which condition a change is wanted (RFC 9110 §13.1): <c>If-Match</c> with the version that was read, so that two
/// operators do not undo each other's changes; <c>If-None-Match: *</c> to add and never replace.</summary>
internal sealed class Precondition
{
    private readonly IList<EntityTagHeaderValue> _match;
    private readonly IList<EntityTagHeaderValue> _noneMatch;

    private Precondition(IList<EntityTagHeaderValue> match, IList<EntityTagHeaderValue> noneMatch)
    {
        _match = match;
        _noneMatch = noneMatch;
    }

    /// <summary>Reads it from a request's headers.</summary>
    /// <returns>False where one of them is there and malformed.</returns>
    public static bool TryRead(HttpRequest request, out Precondition precondition)
    {
        var match = request.GetTypedHeaders().IfMatch;
        var noneMatch = request.GetTypedHeaders().IfNoneMatch;
        precondition = new Precondition(match, noneMatch);
        return (request.Headers.IfMatch.Count == 0 || match.Count > 0) && (request.Headers.IfNoneMatch.Count == 0 || noneMatch.Count > 0);
    }

    /// <summary>Why the change is not made; null where it may be.</summary>
    /// <param name="current">The trunk as it stands; null if it is not there.</param>
    public ProblemHttpResult? Check(StoredTrunk? current)
    {
        if (_match.Count > 0 && !Covers(_match, current))
            return current is null ? TrunkRefusals.NotThere() : TrunkRefusals.AnotherVersion(current);
        if (_noneMatch.Count > 0 && Covers(_noneMatch, current))
            return TrunkRefusals.There(current!);
        return null;
    }

    private static bool Covers(IList<EntityTagHeaderValue> tags, StoredTrunk? trunk)
    {
        if (trunk is null)
            return false;
        var current = new EntityTagHeaderValue(string.Create(CultureInfo.InvariantCulture, $"\"{trunk.Version}\""));
        return tags.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Compare(current, useStrongComparison: true));
    }
}
