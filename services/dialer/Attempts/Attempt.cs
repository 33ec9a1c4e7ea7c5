using System.Diagnostics;
using FlashCall.Contracts;

namespace FlashCall.Dialer.Attempts;

/// <summary>One call, as recorded. It holds no phone number and no caller ID.</summary>
internal sealed record Attempt
{
    /// <summary>The attempt.</summary>
    public required Guid AttemptId { get; init; }

    /// <summary>The session.</summary>
    public required Guid VerificationId { get; init; }

    /// <summary>The replica that dials; null when the hang-up came before the call, which then nobody dials.</summary>
    public string? Owner { get; init; }

    /// <summary>W3C traceparent of the span that stands for the call, if it is traced.</summary>
    public string? TraceParent { get; init; }

    /// <summary>When the INVITE was, or may have been, first sent (UTC).</summary>
    public DateTimeOffset? InvitedAt { get; init; }

    /// <summary>When the first 180 came (UTC).</summary>
    public DateTimeOffset? RangAt { get; init; }

    /// <summary>When the call was over (UTC); null while it is under way.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>How it went; present when <see cref="EndedAt"/> is.</summary>
    public CallDisposition? Disposition { get; init; }

    /// <summary>The INVITE's final SIP status, where there was one.</summary>
    public int? SipStatus { get; init; }

    /// <summary>The trunk that had it last; null when nobody ever dialled.</summary>
    public string? Trunk { get; init; }

    /// <summary>The report that it rings; null if it never did.</summary>
    public FlashCallRinging? Ringing => InvitedAt is { } invitedAt && RangAt is { } rangAt
        ? new FlashCallRinging { VerificationId = VerificationId, AttemptId = AttemptId, InvitedAt = invitedAt, RangAt = rangAt }
        : null;

    /// <summary>The report that it is over; null while it is under way.</summary>
    public FlashCallEnded? Ended => EndedAt is { } endedAt && Disposition is { } disposition
        ? new FlashCallEnded
        {
            VerificationId = VerificationId,
            AttemptId = AttemptId,
            Disposition = disposition,
            SipStatus = SipStatus,
            InvitedAt = InvitedAt,
            RangAt = RangAt,
            EndedAt = endedAt,
            Answered = disposition == CallDisposition.Answered,
            Trunk = Trunk,
        }
        : null;

    /// <summary>Where reports about the call belong in the verification's trace.</summary>
    public ActivityContext Trace =>
        ActivityContext.TryParse(TraceParent, traceState: null, isRemote: true, out var trace) ? trace : default;
}
