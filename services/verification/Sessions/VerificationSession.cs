using System.Collections.Immutable;
using System.Runtime.InteropServices;
using FlashCall.Contracts;
using FlashCall.Verification.Channels;

namespace FlashCall.Verification.Sessions;

/// <summary>Where a verification session stands: one of a closed set of states, folded from its events by <see cref="Evolver"/>.</summary>
internal abstract record VerificationSession
{
    private VerificationSession()
    {
    }

    /// <summary>The session, also the id of its stream.</summary>
    public Guid Id { get; init; }

    /// <summary>How many events it is folded from: the version of its stream.</summary>
    public long Revision { get; init; }

    /// <summary>What the client told of the call on the phone.</summary>
    public TelemetryTally Telemetry { get; init; }

    /// <summary>The traceparent (W3C Trace Context) of what began the session, as it stands beside the first event; null where that was
    /// not traced, and where the state was folded from events alone.</summary>
    public string? Trace { get; init; }

    /// <summary>What was asked for, the same for the whole session.</summary>
    public required Request Asked { get; init; }

    /// <summary>Every attempt so far, the current one last.</summary>
    public ImmutableList<Attempt> Attempts { get; init; } = [];

    /// <summary>The attempt under way, or the last one of an ended session; null before the first.</summary>
    public Attempt? Current => Attempts.Count > 0 ? Attempts[^1] : null;

    /// <summary>Reports the client may still make.</summary>
    public int ReportsLeft => this is Ended ? 0 : Math.Max(0, (Current?.ReportsAllowed ?? 0) - (Current?.Reports.Received ?? 0));

    /// <summary>Whether the session still wants something of this attempt: it is the current one, has not failed, and the session goes
    /// on.</summary>
    public bool Wants(Attempt attempt) => this is Attempting && Current?.Id == attempt.Id && attempt.Failure is null;

    /// <summary>What a client asked for.</summary>
    public sealed record Request(
        string ApplicationId,
        PhoneNumber To,
        Purpose Purpose,
        string? Reference,
        IReadOnlyDictionary<string, string>? Metadata,
        ClientContext Client,
        SessionPolicy Policy,
        DateTimeOffset At,
        string? TransactionHash = null)
    {
        /// <summary>When the session ends if nothing else ends it.</summary>
        public DateTimeOffset ExpiresAt => At + Policy.Lifetime;
    }

    /// <summary>Waits for the risk assessment.</summary>
    public sealed record AwaitingRisk : VerificationSession;

    /// <summary>On its route: an attempt is under way, or has rung and waits for the report.</summary>
    public sealed record Attempting : VerificationSession;

    /// <summary>At its end. A call may still have to stop; its attempt knows.</summary>
    public sealed record Ended : VerificationSession
    {
        /// <summary>How it ended.</summary>
        public required VerificationOutcome Outcome { get; init; }

        /// <summary>Stable code in snake_case; null when it succeeded.</summary>
        public string? Reason { get; init; }

        /// <summary>A sentence, where the event had one.</summary>
        public string? Detail { get; init; }

        /// <summary>When.</summary>
        public required DateTimeOffset At { get; init; }

        /// <summary>The attempt that proved the number.</summary>
        public Guid? ProvenBy { get; init; }
    }
}

/// <summary>What a client told of the call on the phone, how often and what last.</summary>
/// <param name="Told">How often.</param>
/// <param name="LateCall">Whether the call came after the client had stopped waiting for it.</param>
/// <param name="NoCall">Whether none came.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TelemetryTally(int Told, bool? LateCall, bool? NoCall);
