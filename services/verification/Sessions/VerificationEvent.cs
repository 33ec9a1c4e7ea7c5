using FlashCall.Contracts;

namespace FlashCall.Verification.Sessions;

/// <summary>What happened in a verification session: the stored truth. Events are never changed, only added to.</summary>
internal abstract record VerificationEvent
{
    private protected VerificationEvent()
    {
    }

    /// <summary>When it happened (UTC), by the clock of the service that saw it.</summary>
    public required DateTimeOffset At { get; init; }
}

/// <summary>Events of the session itself, the same for every channel.</summary>
internal abstract record SessionEvent : VerificationEvent
{
    private SessionEvent()
    {
    }

    /// <summary>A client asked to verify a number. The event that holds personal data; <see cref="Forgetting"/> takes it out.</summary>
    public sealed record VerificationRequested : SessionEvent
    {
        /// <summary>The application that asked.</summary>
        public required string ApplicationId { get; init; }

        /// <summary>The number to verify; <see cref="PhoneNumber.Erased"/> once the person was forgotten.</summary>
        public required PhoneNumber To { get; init; }

        /// <summary>What it is for.</summary>
        public required Purpose Purpose { get; init; }

        /// <summary>The client's own reference, if it gave one.</summary>
        public string? Reference { get; init; }

        /// <summary>The client's own notes.</summary>
        public IReadOnlyDictionary<string, string>? Metadata { get; init; }

        /// <summary>What the client told of the device.</summary>
        public required ClientContext Client { get; init; }

        /// <summary>The rules of this session, as they were when it began.</summary>
        public required SessionPolicy Policy { get; init; }

        /// <summary>SHA-256 of the transaction that is confirmed, in its canonical form (RFC 8785), as lower-case hex; null where there is
        /// none. The transaction itself is not kept.</summary>
        public string? TransactionHash { get; init; }

        /// <summary>What is left of the number once the person was forgotten; null before.</summary>
        public ErasedNumber? Erased { get; init; }
    }

    /// <summary>The fraud service answered.</summary>
    public sealed record RiskAssessed : SessionEvent
    {
        /// <summary>What to do.</summary>
        public required Verdict Verdict { get; init; }

        /// <summary>0 to 100.</summary>
        public required int Score { get; init; }

        /// <summary>Why.</summary>
        public required IReadOnlyList<RiskFactor> Factors { get; init; }

        /// <summary>The policy that decided.</summary>
        public required string PolicyVersion { get; init; }

        /// <summary>The kind of line.</summary>
        public required LineType LineType { get; init; }

        /// <summary>What the verdict would have been with everything enforced; null where it is the same.</summary>
        public Verdict? ShadowVerdict { get; init; }
    }

    /// <summary>The fraud service did not answer in time.</summary>
    public sealed record RiskUnavailable : SessionEvent
    {
        /// <summary>What was done then.</summary>
        public required RiskFallback Done { get; init; }
    }

    /// <summary>An attempt over one channel began.</summary>
    public sealed record AttemptStarted : SessionEvent
    {
        /// <summary>The attempt.</summary>
        public required Guid AttemptId { get; init; }

        /// <summary>Its place on the route, from 0.</summary>
        public required int Position { get; init; }

        /// <summary>The channel's name.</summary>
        public required string Channel { get; init; }
    }

    /// <summary>An attempt brought no code to the person; the next of the route follows, if there is one.</summary>
    public sealed record AttemptFailed : SessionEvent
    {
        /// <summary>The attempt.</summary>
        public required Guid AttemptId { get; init; }

        /// <summary>Stable code in snake_case.</summary>
        public required string Reason { get; init; }
    }

    /// <summary>The client reported what it saw. The report itself is not kept: a wrong one may be somebody else's number.</summary>
    public sealed record ReportReceived : SessionEvent
    {
        /// <summary>The attempt that was reported on.</summary>
        public required Guid AttemptId { get; init; }

        /// <summary>Read by the app, or typed by the person.</summary>
        public required ReportSource Source { get; init; }

        /// <summary>Whether it was right.</summary>
        public required bool Matched { get; init; }

        /// <summary>Why it was wrong, where more is known than that it was: a stable code in snake_case.</summary>
        public string? Reason { get; init; }

        /// <summary>The source in the client's own word, at most 32 characters; null where it used ours.</summary>
        public string? SourceText { get; init; }
    }

    /// <summary>The client told what became of the call on the phone. Also of a session that has ended: devices tell when
    /// they can.</summary>
    public sealed record ClientTelemetry : SessionEvent
    {
        /// <summary>Whether the call came after the client had stopped waiting for it; null where nobody said.</summary>
        public bool? LateCall { get; init; }

        /// <summary>Whether none came; null where nobody said.</summary>
        public bool? NoCall { get; init; }
    }

    /// <summary>The number is verified.</summary>
    public sealed record VerificationSucceeded : SessionEvent
    {
        /// <summary>The attempt that proved it.</summary>
        public required Guid AttemptId { get; init; }
    }

    /// <summary>Refused by the risk assessment; nothing rang.</summary>
    public sealed record VerificationDenied : SessionEvent
    {
        /// <summary>The code of the heaviest risk factor.</summary>
        public required string Reason { get; init; }

        /// <summary>That factor's sentence.</summary>
        public required string Detail { get; init; }
    }

    /// <summary>No attempt brought a code to the person, or too many reports were wrong.</summary>
    public sealed record VerificationFailed : SessionEvent
    {
        /// <summary>Stable code in snake_case.</summary>
        public required string Reason { get; init; }
    }

    /// <summary>Nobody reported in time.</summary>
    public sealed record VerificationExpired : SessionEvent;

    /// <summary>The client cancelled.</summary>
    public sealed record VerificationCancelled : SessionEvent;

    /// <summary>A newer session for the same number and application took the place of this one.</summary>
    public sealed record VerificationSuperseded : SessionEvent
    {
        /// <summary>The newer session.</summary>
        public required Guid By { get; init; }
    }

    /// <summary>The platform failed to do its part in time.</summary>
    public sealed record VerificationErrored : SessionEvent
    {
        /// <summary>Stable code in snake_case.</summary>
        public required string Reason { get; init; }
    }
}

/// <summary>What is kept of a number whose person was forgotten, so that what was counted by country and prefix is still counted so:
/// many thousand numbers share it.</summary>
internal sealed record ErasedNumber
{
    /// <summary>The digits that are left out at least: ten thousand numbers have the same prefix.</summary>
    private const int HiddenDigits = 4;

    private const int LongestPrefix = 7;

    /// <summary>When it was erased (UTC).</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The number's <see cref="PhoneNumber.Region"/>.</summary>
    public required string Region { get; init; }

    /// <summary>Its first digits with the plus sign, 7 at most: <c>+4670123</c>.</summary>
    public required string Prefix { get; init; }

    /// <summary>What is kept of a number.</summary>
    public static ErasedNumber Of(PhoneNumber number, DateTimeOffset at) => new()
    {
        At = at,
        Region = number.Region,
        Prefix = number.E164[..Math.Min(1 + LongestPrefix, number.E164.Length - HiddenDigits)],
    };
}

/// <summary>Events of one attempt; each channel has its own closed set of them.</summary>
internal abstract record AttemptEvent : VerificationEvent
{
    private protected AttemptEvent()
    {
    }

    /// <summary>The attempt.</summary>
    public required Guid AttemptId { get; init; }
}

/// <summary>How the caller ID came to be reported.</summary>
internal enum ReportSource
{
    /// <summary>A person read the missed call and typed it.</summary>
    Typed,

    /// <summary>An app read it from the phone.</summary>
    Intercepted,
}
