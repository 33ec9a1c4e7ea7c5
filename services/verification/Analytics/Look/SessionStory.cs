using System.Text.Json.Nodes;

namespace FlashCall.Verification.Analytics.Look;

/// <summary>All that happened in a session, and where it stood then.</summary>
internal sealed record SessionStory
{
    public required Guid Id { get; init; }

    /// <summary>Whose it is.</summary>
    public required string ApplicationId { get; init; }

    /// <summary>How many events the state is folded from, and how many are shown.</summary>
    public required long Version { get; init; }

    /// <summary>How many there are.</summary>
    public required long LastVersion { get; init; }

    /// <summary>The session as its application saw it then.</summary>
    public required JsonObject State { get; init; }

    /// <summary>What happened, in order.</summary>
    public required IReadOnlyList<StoryEvent> Events { get; init; }
}

/// <summary>Something that happened.</summary>
internal sealed record StoryEvent
{
    /// <summary>Its place in the stream, from 1.</summary>
    public required long Version { get; init; }

    /// <summary>The event's name.</summary>
    public required string Type { get; init; }

    /// <summary>When it happened, by the clock of the service that saw it.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>When it was stored.</summary>
    public required DateTimeOffset StoredAt { get; init; }

    /// <summary>Milliseconds since the event before happened; null for the first. Below zero where two services' clocks, or two messages'
    /// ways, differ.</summary>
    public double? SincePreviousMs { get; init; }

    /// <summary>Milliseconds since the first event happened.</summary>
    public required double SinceStartMs { get; init; }

    /// <summary>The trace it is part of.</summary>
    public string? TraceId { get; init; }

    /// <summary>The traceparent of the request, message or deadline that caused it.</summary>
    public string? Cause { get; init; }

    /// <summary>The event itself.</summary>
    public required JsonNode Data { get; init; }
}
