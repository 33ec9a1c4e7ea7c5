using FlashCall.Contracts;
using FlashCall.Verification.Sessions;

namespace FlashCall.Verification.Channels.FlashCalls;

/// <summary>What happened in an attempt by flash call.</summary>
internal abstract record FlashCallEvent : AttemptEvent
{
    private FlashCallEvent()
    {
    }

    /// <summary>The pool gave a caller ID: the secret of the attempt.</summary>
    public sealed record CallerIdLeased : FlashCallEvent
    {
        /// <summary>Names the lease at the pool.</summary>
        public required Guid LeaseId { get; init; }

        /// <summary>The number the phone is rung from.</summary>
        public required CallerId CallerId { get; init; }

        /// <summary>The trunk that it was leased on; the call may go over another one that may present it.</summary>
        public required string Trunk { get; init; }

        /// <summary>What the client is told of it.</summary>
        public required string DisclosedPrefix { get; init; }

        /// <summary>How many numbers could have rung and match the prefix.</summary>
        public required long Candidates { get; init; }

        /// <summary>How many reports that strength allows.</summary>
        public required int ReportsAllowed { get; init; }

        /// <summary>How many of its last digits a person may type instead of the whole number, 4 to 6; 0 if they have to report the whole.
        /// Null in streams from before the pool said so.</summary>
        public int? EnterDigits { get; init; }
    }

    /// <summary>The pool gave none.</summary>
    public sealed record CallerIdRefused : FlashCallEvent
    {
        /// <summary>Stable code in snake_case.</summary>
        public required string Reason { get; init; }

        /// <summary>A sentence for the operator.</summary>
        public required string Detail { get; init; }

        /// <summary>How many numbers more the destination would need; null where it is not for their number.</summary>
        public long? MissingNumbers { get; init; }

        /// <summary>When the pool may grant the next request; null where it is not for a limit.</summary>
        public DateTimeOffset? RetryAt { get; init; }
    }

    /// <summary>The caller ID goes back without a call: it would be too easy to guess, or came too late.</summary>
    public sealed record CallNotPlaced : FlashCallEvent
    {
        /// <summary>Stable code in snake_case.</summary>
        public required string Reason { get; init; }
    }

    /// <summary>The phone rings.</summary>
    public sealed record CallRang : FlashCallEvent
    {
        /// <summary>When the INVITE went out.</summary>
        public required DateTimeOffset InvitedAt { get; init; }
    }

    /// <summary>The call is over.</summary>
    public sealed record CallEnded : FlashCallEvent
    {
        /// <summary>How it went.</summary>
        public required CallDisposition Disposition { get; init; }

        /// <summary>The final SIP status, if there was one.</summary>
        public int? SipStatus { get; init; }

        /// <summary>When the INVITE went out; null if none did.</summary>
        public DateTimeOffset? InvitedAt { get; init; }

        /// <summary>When it began to ring; null if it never did.</summary>
        public DateTimeOffset? RangAt { get; init; }

        /// <summary>Whether it was picked up, which costs.</summary>
        public required bool Answered { get; init; }

        /// <summary>The trunk that had the call last; null if it was on none, or if nobody said so.</summary>
        public string? Trunk { get; init; }

        /// <summary>What it cost, in <see cref="Currency"/>; null where it was not picked up or nobody knew the price.</summary>
        public decimal? Cost { get; init; }

        /// <summary>ISO 4217; null where there is no cost.</summary>
        public string? Currency { get; init; }
    }

    /// <summary>The phone rang and showed no caller ID, the client reports: the code did not come through.</summary>
    public sealed record CallerIdWithheld : FlashCallEvent
    {
        /// <summary>Read by the app, or told by the person.</summary>
        public required ReportSource Source { get; init; }
    }

    /// <summary>The pool or the dialer did not say in time what became of their part.</summary>
    public sealed record NewsOverdue : FlashCallEvent;
}
