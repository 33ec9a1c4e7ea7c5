using FlashCall.Contracts;
using FlashCall.Verification.Channels;

namespace FlashCall.Verification.Sessions;

/// <summary>Something a session is asked to do or told. Every command carries the time, and fresh ids where it may need them.</summary>
internal abstract record VerificationCommand
{
    private protected VerificationCommand()
    {
    }

    /// <summary>When the command is decided (UTC).</summary>
    public required DateTimeOffset Now { get; init; }
}

/// <summary>Commands to the session itself.</summary>
internal abstract record SessionCommand : VerificationCommand
{
    private SessionCommand()
    {
    }

    /// <summary>A client asks for a verification.</summary>
    public sealed record Start : SessionCommand
    {
        public required string ApplicationId { get; init; }

        public required PhoneNumber To { get; init; }

        public required Purpose Purpose { get; init; }

        public string? Reference { get; init; }

        public IReadOnlyDictionary<string, string>? Metadata { get; init; }

        public required ClientContext Client { get; init; }

        public required SessionPolicy Policy { get; init; }

        /// <summary>What stands for the transaction that is confirmed; null where there is none. See
        /// <see cref="SessionEvent.VerificationRequested.TransactionHash"/>.</summary>
        public string? TransactionHash { get; init; }

        /// <summary>Why the session is denied as it begins (stable code); null for one that goes its way.</summary>
        public string? Denied { get; init; }
    }

    /// <summary>The fraud service answered.</summary>
    public sealed record TakeRiskAssessment(RiskAssessed Answer, Guid NextAttemptId) : SessionCommand;

    /// <summary>The client reports the code it saw.</summary>
    public sealed record Report(ReportedCode Code, ReportSource Source, Guid NextAttemptId) : SessionCommand
    {
        /// <summary>The source in the client's own word, at most 32 characters; null where it used ours.</summary>
        public string? SourceText { get; init; }
    }

    /// <summary>The client tells what became of the call on the phone, for whoever looks into a carrier later. It decides
    /// nothing.</summary>
    /// <param name="LateCall">Whether the call came after the client had stopped waiting for it; null where nobody said.</param>
    /// <param name="NoCall">Whether none came; null where nobody said.</param>
    public sealed record TakeTelemetry(bool? LateCall, bool? NoCall) : SessionCommand;

    /// <summary>The client gives up.</summary>
    public sealed record Cancel : SessionCommand;

    /// <summary>A newer session takes over.</summary>
    public sealed record Supersede(Guid By) : SessionCommand;

    /// <summary>The time that <see cref="Reactor.Deadline"/> named has come.</summary>
    public sealed record DeadlinePassed(Guid NextAttemptId) : SessionCommand;
}

/// <summary>News about one attempt; each channel has its own closed set of them.</summary>
internal abstract record AttemptCommand : VerificationCommand
{
    private protected AttemptCommand()
    {
    }

    /// <summary>The attempt.</summary>
    public abstract Guid AttemptId { get; }

    /// <summary>The id of the next attempt, should this one have failed.</summary>
    public required Guid NextAttemptId { get; init; }
}
