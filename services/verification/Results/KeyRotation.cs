namespace FlashCall.Verification.Results;

/// <summary>
/// Which key signs, which are published, and when the next one is made. Whoever keeps what was published for as long as a key is published
/// ahead knows every key by the time it signs, and until the last of its tokens has expired. Pure.
/// </summary>
/// <param name="RotateEvery">How long a key signs.</param>
/// <param name="PublishAhead">How long it is published before.</param>
internal sealed record KeyRotation(TimeSpan RotateEvery, TimeSpan PublishAhead)
{
    /// <summary>For what replicas differ in: their clocks, and how long ago each looked for new keys.</summary>
    public static readonly TimeSpan Slack = TimeSpan.FromMinutes(1);

    /// <summary>How long a key that signs no more stays published: until the last token that it may have signed has expired, whatever
    /// its lifetime was then.</summary>
    public static readonly TimeSpan KeptFor = ResultSettings.LongestTokenLifetime + Slack;

    /// <summary>When the key that is to be made now begins to sign; null where none is to be made.</summary>
    /// <param name="terms">The keys that there are, in order of their generations.</param>
    /// <param name="now">The time (UTC).</param>
    public DateTimeOffset? NextSignsFrom(IReadOnlyList<ResultKeyTerm> terms, DateTimeOffset now)
    {
        // The first one, or after a removal of all: no time to publish it ahead.
        if (terms is not [.., var newest])
            return now;
        var due = newest.SignsFrom + RotateEvery;
        var earliest = now + PublishAhead + Slack;
        return due > earliest ? null : earliest;
    }

    /// <summary>The key that signs now; null where there is none.</summary>
    /// <param name="terms">The keys that there are, in order of their generations.</param>
    /// <param name="now">The time (UTC).</param>
    public static ResultKeyTerm? Signer(IReadOnlyList<ResultKeyTerm> terms, DateTimeOffset now) =>
        // By a clock that is a little behind, the first key of all may not have begun yet.
        terms.LastOrDefault(term => term.SignsFrom <= now) ?? (terms is [var first, ..] ? first : null);

    /// <summary>The keys of which every token has expired: they need not be known any longer.</summary>
    /// <param name="terms">The keys that there are, in order of their generations.</param>
    /// <param name="now">The time (UTC).</param>
    public static IEnumerable<ResultKeyTerm> Over(IReadOnlyList<ResultKeyTerm> terms, DateTimeOffset now) =>
        terms.Zip(terms.Skip(1), (term, next) => (term, next)).Where(pair => pair.next.SignsFrom + KeptFor < now).Select(pair => pair.term);
}
