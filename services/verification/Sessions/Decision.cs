using System.Collections.Immutable;

namespace FlashCall.Verification.Sessions;

/// <summary>What a session answers to a command: events (none for a repeat), or a rejection that leaves no trace in the stream.</summary>
internal abstract record Decision
{
    private Decision()
    {
    }

    /// <summary>What happens now, in order.</summary>
    public sealed record Accepted(ImmutableList<VerificationEvent> Events) : Decision;

    /// <summary>The command does not fit the state.</summary>
    public sealed record Rejected(Rejection Why) : Decision;

    public static Decision Nothing { get; } = new Accepted([]);

    public static Decision Of(params ImmutableList<VerificationEvent> events) => new Accepted(events);

    public static Decision No(Rejection why) => new Rejected(why);
}

/// <summary>Why a command was refused.</summary>
internal enum Rejection
{
    /// <summary>The session has ended; it takes no more reports.</summary>
    Ended,

    /// <summary>No caller ID was leased yet: there is nothing to report.</summary>
    NothingToReportYet,

    /// <summary>The report has fewer digits than the person was asked for.</summary>
    TooFewDigits,

    /// <summary>The last digits do not tell this caller ID from others: the whole number has to be reported.</summary>
    WholeNumberNeeded,

    /// <summary>The report answers another channel than the one under way.</summary>
    OtherChannel,

    /// <summary>The client told more often what became of the call than is kept.</summary>
    TooMuchTelemetry,
}
