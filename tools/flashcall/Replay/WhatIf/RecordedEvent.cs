using FlashCall.Contracts;

namespace FlashCall.Cli.Replay.WhatIf;

/// <summary>What a stored event says, as far as a question may turn on it.</summary>
/// <param name="Session">The session.</param>
/// <param name="At">When it happened (UTC), by the clock of the service that saw it.</param>
internal abstract record RecordedEvent(Guid Session, DateTimeOffset At)
{
    /// <summary>A client asked to verify a number.</summary>
    internal sealed record Asked(Guid Session, DateTimeOffset At) : RecordedEvent(Session, At)
    {
        /// <summary>The application.</summary>
        public required string Application { get; init; }

        /// <summary>The number, E.164, or <c>erased</c>. Personal data.</summary>
        public required string To { get; init; }

        /// <summary>What for.</summary>
        public required Purpose Purpose { get; init; }

        /// <summary>The end user's address; null where it was not told.</summary>
        public string? Ip { get; init; }

        /// <summary>The device as its application names it.</summary>
        public string? Device { get; init; }

        /// <summary>How long the phone was to ring.</summary>
        public TimeSpan RingTime { get; init; }

        /// <summary>How long the session was to live.</summary>
        public TimeSpan Lifetime { get; init; }

        /// <summary>How strong a code had to be at least, in bits.</summary>
        public double FloorBits { get; init; }
    }

    /// <summary>The fraud service answered.</summary>
    internal sealed record Assessed(Guid Session, DateTimeOffset At) : RecordedEvent(Session, At)
    {
        /// <summary>What it said.</summary>
        public required Verdict Verdict { get; init; }

        /// <summary>0 to 100.</summary>
        public int Score { get; init; }

        /// <summary>The kind of line by the numbering plan of that day.</summary>
        public LineType LineType { get; init; }

        /// <summary>Whether that numbering plan had the number at all.</summary>
        public bool IsValid { get; init; } = true;

        /// <summary>The policy that decided.</summary>
        public required string PolicyVersion { get; init; }

        /// <summary>The code of the heaviest factor that counted; null where nothing spoke against the request.</summary>
        public string? Reason { get; init; }

        /// <summary>The country of the client's address, where it was another one than the number's: it is known from the factor, and in
        /// the number's own country it matters to no rule.</summary>
        public string? AddressCountry { get; init; }

        /// <summary>What of the request was on the block list (<c>number</c>, <c>prefix</c>, …); null for nothing.</summary>
        public string? BlockListed { get; init; }

        /// <summary>Something of it was on the safe list, and a factor was waived for that.</summary>
        public bool IsSafe { get; init; }
    }

    /// <summary>The fraud service did not answer in time.</summary>
    internal sealed record NotAssessed(Guid Session, DateTimeOffset At) : RecordedEvent(Session, At);

    /// <summary>The pool gave a caller ID.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="At">When.</param>
    /// <param name="Attempt">The attempt.</param>
    /// <param name="Candidates">How many numbers could have rung.</param>
    /// <param name="ReportsAllowed">How many reports that allowed.</param>
    internal sealed record Leased(Guid Session, DateTimeOffset At, Guid Attempt, long Candidates, int ReportsAllowed)
        : RecordedEvent(Session, At);

    /// <summary>The caller ID went back without a call.</summary>
    internal sealed record NotCalled(Guid Session, DateTimeOffset At, Guid Attempt) : RecordedEvent(Session, At);

    /// <summary>A call was over.</summary>
    internal sealed record CallOver(Guid Session, DateTimeOffset At, Guid Attempt) : RecordedEvent(Session, At)
    {
        /// <summary>When the INVITE went out; null if none did.</summary>
        public DateTimeOffset? InvitedAt { get; init; }

        /// <summary>When it began to ring; null if it never did.</summary>
        public DateTimeOffset? RangAt { get; init; }

        /// <summary>It was picked up, and is billed.</summary>
        public bool Answered { get; init; }

        /// <summary>The trunk that had it last.</summary>
        public string? Trunk { get; init; }
    }

    /// <summary>The client reported a caller ID.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="At">When.</param>
    /// <param name="Matched">It was the right one.</param>
    /// <param name="Typed">A person typed it; false where an app read it.</param>
    internal sealed record Reported(Guid Session, DateTimeOffset At, bool Matched, bool Typed) : RecordedEvent(Session, At);

    /// <summary>The session reached its end.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="At">When.</param>
    /// <param name="Outcome">How.</param>
    internal sealed record Ended(Guid Session, DateTimeOffset At, VerificationOutcome Outcome) : RecordedEvent(Session, At);
}
