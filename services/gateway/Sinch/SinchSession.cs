using System.Text.Json;
using FlashCall.Gateway.Services;

namespace FlashCall.Gateway.Sinch;

/// <summary>A session as the verification service shows it, as far as this surface needs it.</summary>
internal sealed record SinchSession
{
    /// <summary>Its id.</summary>
    public required Guid Id { get; init; }

    /// <summary>Where it stands.</summary>
    public required string Status { get; init; }

    /// <summary>Why it ended: a stable code.</summary>
    public string? Reason { get; init; }

    /// <summary>The number in E.164.</summary>
    public required string To { get; init; }

    /// <summary>The client's own name for it.</summary>
    public string? Reference { get; init; }

    /// <summary>See <see cref="SinchNotes"/>.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    /// <summary>The attempt's call; null before a caller ID is leased.</summary>
    public Call? FlashCall { get; init; }

    /// <summary>How the last reported caller ID came to be reported, as the report said it.</summary>
    public string? Source { get; init; }

    /// <summary>When it began (UTC).</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it ends at the latest (UTC).</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>What happened, in order.</summary>
    public IReadOnlyList<Step> Timeline { get; init; } = [];

    /// <summary>Whether it goes on: it may still be reported.</summary>
    public bool IsLive => IsLiveStatus(Status);

    /// <summary>Whether there is something to tell a phone: what number to wait for, or that none comes.</summary>
    public bool IsSettled => FlashCall is not null || !IsLive;

    /// <summary>Whether a status is that of a session which goes on.</summary>
    public static bool IsLiveStatus(string? status) => status is "pending" or "ringing" or "awaiting_report";

    /// <summary>Reads what the service answered.</summary>
    /// <exception cref="VerificationUnavailableException">It is no session.</exception>
    public static SinchSession Of(JsonElement view)
    {
        try
        {
            return view.Deserialize<SinchSession>(SinchJson.Options)!;
        }
        catch (JsonException exception)
        {
            throw new VerificationUnavailableException("The verification service's answer is no session.", exception);
        }
    }

    /// <summary>The call of an attempt.</summary>
    /// <param name="CallerIdPrefix">What every number that may call begins with, in E.164.</param>
    /// <param name="InterceptUntil">Until when to watch for it (UTC).</param>
    /// <param name="CallerId">The number itself; not before the session has ended.</param>
    internal sealed record Call(string CallerIdPrefix, DateTimeOffset InterceptUntil, string? CallerId);

    /// <summary>A step of the timeline.</summary>
    /// <param name="Name">What happened, in snake_case.</param>
    /// <param name="Detail">A few words more.</param>
    internal sealed record Step([property: System.Text.Json.Serialization.JsonPropertyName("step")] string Name, string? Detail);
}

/// <summary>Sessions as the verification service lists them, the newest first.</summary>
internal sealed record ListedSessions
{
    /// <summary>The sessions.</summary>
    public required IReadOnlyList<Row> Items { get; init; }

    /// <summary>Reads what the service answered.</summary>
    /// <exception cref="VerificationUnavailableException">It is no list.</exception>
    public static IReadOnlyList<Row> Of(JsonElement list)
    {
        try
        {
            return list.Deserialize<ListedSessions>(SinchJson.Options)!.Items;
        }
        catch (JsonException exception)
        {
            throw new VerificationUnavailableException("The verification service's answer is no list of sessions.", exception);
        }
    }

    /// <param name="Id">The session.</param>
    /// <param name="Status">Where it stands.</param>
    internal sealed record Row(Guid Id, string Status);
}
