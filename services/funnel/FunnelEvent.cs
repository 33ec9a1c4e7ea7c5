using System.Text.Json;
using FlashCall.Contracts;

namespace FlashCall.Funnel;

/// <summary>What happened in a session, as far as the funnel counts it.</summary>
internal enum FunnelStep
{
    /// <summary>A client asked.</summary>
    Requested,

    /// <summary>The request was let through to its first attempt.</summary>
    Allowed,

    /// <summary>The pool gave a caller ID.</summary>
    Leased,

    /// <summary>The phone rings.</summary>
    Rang,

    /// <summary>A call is over.</summary>
    CallEnded,

    /// <summary>The client reported a caller ID, right or wrong.</summary>
    Reported,

    /// <summary>The session is at its end; how is the event's outcome.</summary>
    Ended,
}

/// <summary>An event as the funnel sees it, without the number.</summary>
/// <param name="VerificationId">The session.</param>
/// <param name="Step">What happened.</param>
/// <param name="At">When (UTC).</param>
internal sealed record FunnelEvent(Guid VerificationId, FunnelStep Step, DateTimeOffset At)
{
    /// <summary>Digits of a prefix at most, the calling code's included.</summary>
    private const int LongestPrefix = 6;

    /// <summary>Digits that a prefix leaves of a number at least, so that none is a person's.</summary>
    private const int DigitsBehindPrefix = 4;

    /// <summary>Of a request: the application.</summary>
    public string ApplicationId { get; init; } = "";

    /// <summary>Of a request: the purpose as the API spells it.</summary>
    public string Purpose { get; init; } = "";

    /// <summary>Of a request: ISO 3166-1 alpha-2, a calling code that no one country has (<c>+979</c>), or <c>ZZ</c> for a number that was
    /// erased.</summary>
    public string Country { get; init; } = "";

    /// <summary>Of a request: how the number begins, a plus sign and at most six digits; empty for a number that was erased.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Of a lease or a call: the trunk; null where nobody said.</summary>
    public string? Trunk { get; init; }

    /// <summary>Of an end: how, as the API spells it.</summary>
    public string? Outcome { get; init; }

    /// <summary>Of an end: why, a stable code in snake_case; null where there is nothing to say.</summary>
    public string? Reason { get; init; }

    /// <summary>Of a call's end: an INVITE went out.</summary>
    public bool Dialled { get; init; }

    /// <summary>Of a call's end: since when it rang; null if it never did.</summary>
    public DateTimeOffset? RangAt { get; init; }

    /// <summary>Of a call's end: it was picked up, and is billed.</summary>
    public bool Answered { get; init; }

    /// <summary>Of a call's end: what it cost, in <see cref="Currency"/>; null where no price is known.</summary>
    public decimal? Cost { get; init; }

    /// <summary>Of a call's end: ISO 4217; null where no price is known.</summary>
    public string? Currency { get; init; }

    /// <summary>The purpose as the API spells it.</summary>
    public static string NameOf(Purpose purpose) => JsonNamingPolicy.SnakeCaseLower.ConvertName(purpose.ToString());

    /// <summary>Why a session ended in a way that has one reason alone; null for the others.</summary>
    public static string? ReasonOf(string outcome) => outcome switch
    {
        FunnelOutcome.Expired => "not_reported",
        FunnelOutcome.Cancelled => "cancelled_by_client",
        FunnelOutcome.Superseded => "newer_session",
        _ => null,
    };

    /// <summary>How a number begins: short enough to be nobody's.</summary>
    public static string PrefixOf(PhoneNumber number)
    {
        if (number == PhoneNumber.Erased)
            return "";
        var digits = Math.Min(LongestPrefix, number.E164.Length - 1 - DigitsBehindPrefix);
        return number.E164[..(digits + 1)];
    }
}
