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
