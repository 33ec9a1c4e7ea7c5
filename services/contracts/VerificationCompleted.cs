using System.Text.Json.Serialization;

namespace FlashCall.Contracts;

/// <summary>Published by the verification service when a session has reached its end, once a session (delivered at least once).</summary>
public sealed record VerificationCompleted
{
    /// <summary>The session.</summary>
    public required Guid VerificationId { get; init; }

    /// <summary>The application that started it.</summary>
    public required string ApplicationId { get; init; }

    /// <summary>The number that was to be verified.</summary>
    public required PhoneNumber To { get; init; }

    /// <summary>What it was for.</summary>
    public required Purpose Purpose { get; init; }

    /// <summary>How it ended.</summary>
    public required VerificationOutcome Outcome { get; init; }

    /// <summary>Stable code in snake_case that says why; null when it succeeded.</summary>
    public string? Reason { get; init; }

    /// <summary>When it ended (UTC).</summary>
    public required DateTimeOffset CompletedAt { get; init; }

    /// <summary>How many reports named another caller ID, 0 to 10.</summary>
    public int WrongReports { get; init; }

    /// <summary>Whether a call was placed, as far as was known at the end; null where nobody says.</summary>
    public bool? Called { get; init; }
}

/// <summary>Published by the verification service when a call of a session is over, once a call (delivered at least once). A session
/// may have ended long before it, and have had several.</summary>
public sealed record VerificationCallEnded
{
    /// <summary>The session.</summary>
    public required Guid VerificationId { get; init; }

    /// <summary>The attempt that the call was of.</summary>
    public required Guid AttemptId { get; init; }

    /// <summary>The trunk that had the call last; null if nobody said so.</summary>
    public string? Trunk { get; init; }

    /// <summary>The phone rang, or was picked up.</summary>
    public required bool Rang { get; init; }

    /// <summary>The call was picked up, which costs.</summary>
    public required bool Answered { get; init; }

    /// <summary>When the call was over (UTC).</summary>
    public required DateTimeOffset EndedAt { get; init; }
}

/// <summary>The end states of a session. Every session reaches exactly one of them.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<VerificationOutcome>))]
public enum VerificationOutcome
{
    /// <summary>The right caller ID was reported: the number is verified.</summary>
    Succeeded,

    /// <summary>No attempt got through, or too many wrong reports.</summary>
    Failed,

    /// <summary>Refused by the risk assessment; the phone never rang.</summary>
    Denied,

    /// <summary>Nobody reported in time.</summary>
    Expired,

    /// <summary>The client cancelled.</summary>
    Cancelled,

    /// <summary>A newer session for the same number and application took its place.</summary>
    Superseded,

    /// <summary>The platform itself failed to answer in time.</summary>
    Errored,
}
