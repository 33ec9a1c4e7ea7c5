using System.Security.Claims;
using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.Verification.Channels.FlashCalls;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;

namespace FlashCall.Verification.Verifications;

/// <summary>A verification as clients see it.</summary>
internal sealed record VerificationView
{
    public required Guid Id { get; init; }

    /// <summary><c>pending</c>, <c>ringing</c>, <c>awaiting_report</c>, <c>verified</c>, <c>failed</c>, <c>denied</c>, <c>expired</c>,
    /// <c>cancelled</c>, <c>superseded</c> or <c>error</c>.</summary>
    public required string Status { get; init; }

    /// <summary>Why it ended: a stable code.</summary>
    public string? Reason { get; init; }

    /// <summary>The same as a sentence.</summary>
    public string? Detail { get; init; }

    public required PhoneNumber To { get; init; }

    public required Purpose Purpose { get; init; }

    public string? Reference { get; init; }

    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    /// <summary>The channel of the attempt under way, or of the last one.</summary>
    public string? Channel { get; init; }

    public FlashCallView? FlashCall { get; init; }

    public required int ReportsLeft { get; init; }

    /// <summary>How the last reported caller ID came to be reported, as the report said it; with <c>GET</c> only.</summary>
    public string? Source { get; init; }

    /// <summary>SHA-256 of the transaction that is confirmed, in its canonical form (RFC 8785), as lower-case hex.</summary>
    public string? TransactionHash { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>What a device may act on this session with; with the answer to the start only.</summary>
    public string? ClientToken { get; init; }

    /// <summary>The signed result, once verified and as long as it is valid.</summary>
    public string? ResultToken { get; init; }

    /// <summary>What happened, in order; with <c>GET</c> only.</summary>
    public IReadOnlyList<TimelineStep>? Timeline { get; init; }

    /// <summary>The session with its timeline.</summary>
    public static VerificationView Of(SessionHistory history) =>
        Of(history.State) with
        {
            Source = ReportedSource.Of(history.Events),
            Timeline = Verifications.Timeline.Of(history.Events),
        };

    /// <summary>The session as it stands.</summary>
    public static VerificationView Of(VerificationSession session)
    {
        var ended = session as VerificationSession.Ended;
        return new VerificationView
        {
            Id = session.Id,
            Status = SessionStatus.Of(session),
            Reason = ended?.Reason,
            Detail = ended?.Detail ?? Reasons.Sentence(ended?.Reason),
            To = session.Asked.To,
            Purpose = session.Asked.Purpose,
            Reference = session.Asked.Reference,
            Metadata = session.Asked.Metadata,
            Channel = session.Current?.Channel ?? session.Asked.Policy.Route[0],
            FlashCall = session.Current is FlashCallAttempt.WithCallerId attempt ? FlashCallView.Of(attempt, session) : null,
            ReportsLeft = session.ReportsLeft,
            TransactionHash = session.Asked.TransactionHash,
            CreatedAt = session.Asked.At,
            ExpiresAt = session.Asked.ExpiresAt,
            EndedAt = ended?.At,
        };
    }

    /// <summary>The same for whoever asks: a device holds a token for its session alone, and what the backend noted is not its
    /// business.</summary>
    public VerificationView For(ClaimsPrincipal caller) =>
        caller.SessionId() is null
            ? this
            : this with { Reference = null, Metadata = null, Timeline = Timeline?.Select(step => step.ForDevice()).ToList() };
}

/// <summary>What a client needs for the attempt by flash call.</summary>
internal sealed record FlashCallView
{
    /// <summary>The leading part of the caller ID.</summary>
    public required string CallerIdPrefix { get; init; }

    /// <summary>Its whole length, the plus included.</summary>
    public required int CallerIdLength { get; init; }

    /// <summary>How many of its last digits a person may type; null if they have to type the whole number.</summary>
    public required int? EnterDigits { get; init; }

    /// <summary>The call has come by then, or does not come; or as long as the client wished to watch
    /// for it. Not after the session's own end.</summary>
    public required DateTimeOffset InterceptUntil { get; init; }

    /// <summary>The caller ID itself; not before the session has ended.</summary>
    public CallerId? CallerId { get; init; }

    public static FlashCallView Of(FlashCallAttempt.WithCallerId attempt, VerificationSession session) => new()
    {
        CallerIdPrefix = attempt.Lease.DisclosedPrefix,
        CallerIdLength = attempt.Lease.CallerId.E164.Length,
        EnterDigits = attempt.EnterDigits,
        InterceptUntil = InterceptUntilOf(attempt, session),
        CallerId = session is VerificationSession.Ended ? attempt.Lease.CallerId : null,
    };

    private static DateTimeOffset InterceptUntilOf(FlashCallAttempt.WithCallerId attempt, VerificationSession session)
    {
        var policy = session.Asked.Policy;
        var until = attempt.Lease.At
            + (policy.InterceptionTimeout ?? FlashCallChannel.DialWithin + policy.PostDialDelayCap + policy.RingTime);
        return until < session.Asked.ExpiresAt ? until : session.Asked.ExpiresAt;
    }
}
