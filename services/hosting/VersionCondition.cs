using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace FlashCall.Hosting;

/// <summary>Under which condition a change is wanted (RFC 9110 §13.1): <c>If-Match</c> with the version that was read, so that two people
/// do not undo each other's changes; <c>If-None-Match: *</c> to add and never replace.</summary>
public sealed class VersionCondition
{
    private readonly IList<EntityTagHeaderValue> _match;
    private readonly IList<EntityTagHeaderValue> _noneMatch;

    private VersionCondition(IList<EntityTagHeaderValue> match, IList<EntityTagHeaderValue> noneMatch)
    {
        _match = match;
        _noneMatch = noneMatch;
    }

    /// <summary>What a person is told of a condition that cannot be read.</summary>
    public const string Form = "If-Match and If-None-Match take versions in double quotes, such as \"12\", or *.";

    /// <summary>Reads it from a request's headers.</summary>
    /// <returns>False where one of them is there and malformed.</returns>
    public static bool TryRead(HttpRequest request, out VersionCondition condition)
    {
        var match = request.GetTypedHeaders().IfMatch;
        var noneMatch = request.GetTypedHeaders().IfNoneMatch;
        condition = new VersionCondition(match, noneMatch);
        return (request.Headers.IfMatch.Count == 0 || match.Count > 0) && (request.Headers.IfNoneMatch.Count == 0 || noneMatch.Count > 0);
    }

    /// <summary>The version of a resource as <c>ETag</c> has it (RFC 9110 §8.8.3).</summary>
    public static string TagOf(long version) => string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    /// <summary>Whether the version that is there now is one that <c>If-Match</c> asks for, or nothing is asked.</summary>
    /// <param name="current">The resource's version; null where it is not there.</param>
    public bool Matches(long? current) => _match.Count == 0 || Covers(_match, current);

    /// <summary>Whether what is there now is something that <c>If-None-Match</c> rules out.</summary>
    /// <param name="current">The resource's version; null where it is not there.</param>
    public bool IsRuledOut(long? current) => _noneMatch.Count > 0 && Covers(_noneMatch, current);

    private static bool Covers(IList<EntityTagHeaderValue> tags, long? current)
    {
        if (current is null)
            return false;
        var tag = new EntityTagHeaderValue(TagOf(current.Value));
        return tags.Any(one => one.Equals(EntityTagHeaderValue.Any) || one.Compare(tag, useStrongComparison: true));
    }
}
