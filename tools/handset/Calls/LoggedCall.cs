using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlashCall.Handset.Calls;

/// <summary>Where a call stands, or how it went.</summary>
[JsonConverter(typeof(CallStateJson))]
internal enum CallState
{
    /// <summary>The INVITE has come; nothing has happened at the phone yet.</summary>
    Invited,

    /// <summary>The phone rings.</summary>
    Ringing,

    /// <summary>It rang and was not picked up.</summary>
    Missed,

    /// <summary>The caller gave up before it rang.</summary>
    Abandoned,

    /// <summary>It was picked up.</summary>
    Answered,

    /// <summary>Refused with 486.</summary>
    Busy,

    /// <summary>Refused with 603.</summary>
    Rejected,

    /// <summary>Left without an answer.</summary>
    Silent,

    /// <summary>Refused with 480.</summary>
    Unreachable,

    /// <summary>An announcement was played; the phone did not ring.</summary>
    Announcement,

    /// <summary>Refused with 404.</summary>
    Unassigned,
}

/// <summary>An entry of a phone's call log. Times in UTC.</summary>
/// <param name="Sequence">Grows with every call that comes in, over all phones.</param>
/// <param name="CallerId">Who called, with a plus sign: the identity that the network asserts (RFC 3325), else From; null if
/// withheld.</param>
/// <param name="State">Where the call stands.</param>
/// <param name="InvitedAt">When the INVITE came.</param>
/// <param name="RangAt">When the phone began to ring.</param>
/// <param name="EndedAt">When the call was over.</param>
/// <param name="SipCallId">The Call-ID of SIP.</param>
internal sealed record LoggedCall(
    long Sequence, string? CallerId, CallState State, DateTimeOffset InvitedAt, DateTimeOffset? RangAt,
    DateTimeOffset? EndedAt, string SipCallId)
{
    /// <summary>When it was picked up.</summary>
    public DateTimeOffset? AnsweredAt { get; init; }

    /// <summary>How long the phone rang, in seconds; null while it rings and if it never did.</summary>
    public double? RingDuration =>
        RangAt is { } rang && (AnsweredAt ?? EndedAt) is { } end
            ? Math.Round((end - rang).TotalSeconds, 3)
            : null;
}

internal sealed class CallStateJson() : JsonStringEnumConverter<CallState>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);
