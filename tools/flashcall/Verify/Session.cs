using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlashCall.Cli.Verify;

/// <summary>A verification session as the API gives it, as far as this command looks at it. Unknown fields are ignored.</summary>
internal sealed record Session
{
    public required string Id { get; init; }

    public required string Status { get; init; }

    public string? Reason { get; init; }

    public string? Detail { get; init; }

    public FlashCallPart? FlashCall { get; init; }

    public int ReportsLeft { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset ExpiresAt { get; init; }

    public IReadOnlyList<Step> Timeline { get; init; } = [];

    /// <summary>The call may be reported: it is on its way, rings, or has rung.</summary>
    public bool AwaitsReport => Status is "ringing" or "awaiting_report";

    /// <summary>Nothing more will be decided.</summary>
    public bool HasEnded => Status is not ("pending" or "ringing" or "awaiting_report");

    /// <summary>A call was placed and its end is not known yet; the dialer tells it a moment after the session's end.</summary>
    public bool CallIsUnderWay =>
        (Status == "verified" || Timeline.Any(step => step.Name is "invited" or "ringing")) && !Timeline.Any(step => step.Name is "hung_up" or "answered" or "call_ended");

    /// <summary>What is known of the call beforehand.</summary>
    internal sealed record FlashCallPart
    {
        public required string CallerIdPrefix { get; init; }

        public int CallerIdLength { get; init; }

        /// <summary>How many of the last digits are enough; null if the whole number is needed.</summary>
        public int? EnterDigits { get; init; }
    }

    /// <summary>One thing that happened.</summary>
    internal sealed record Step
    {
        [JsonPropertyName("step")]
        public required string Name { get; init; }

        public required DateTimeOffset At { get; init; }

        public string? Detail { get; init; }
    }
}

/// <summary>A request to start a session.</summary>
internal sealed record SessionRequest(string To, string Purpose);

/// <summary>What the phone showed: the caller ID in any spelling, or its last digits.</summary>
internal sealed record CallerIdReport(string? CallerId, string? Digits, string Source);

/// <summary>The answer to a report.</summary>
internal sealed record ReportAnswer
{
    public required string Status { get; init; }

    public string? Report { get; init; }

    public int ReportsLeft { get; init; }
}

/// <summary>A call as the handset's log has it.</summary>
internal sealed record LoggedCall
{
    public long Sequence { get; init; }

    public required string CallerId { get; init; }

    public required string State { get; init; }

    public DateTimeOffset? RangAt { get; init; }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(Session))]
[JsonSerializable(typeof(SessionRequest))]
[JsonSerializable(typeof(CallerIdReport))]
[JsonSerializable(typeof(ReportAnswer))]
[JsonSerializable(typeof(LoggedCall[]))]
internal sealed partial class WireJson : JsonSerializerContext;
