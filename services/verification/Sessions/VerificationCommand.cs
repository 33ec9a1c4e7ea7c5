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
    }

    /// <summary>The fraud service answered.</summary>
    public sealed record TakeRiskAssessment(RiskAssessed Answer, Guid NextAttemptId) : SessionCommand;

    /// <summary>The client reports the code it saw.</summary>
    public sealed record Report(ReportedCode Code, ReportSource Source, Guid NextAttemptId) : SessionCommand;

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
