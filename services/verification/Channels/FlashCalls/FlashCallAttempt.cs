using FlashCall.Contracts;

namespace FlashCall.Verification.Channels.FlashCalls;

/// <summary>An attempt by flash call: one of a closed set of states.</summary>
internal abstract record FlashCallAttempt : Attempt
{
    private FlashCallAttempt()
    {
    }

    public override string Channel => FlashCallChannel.ChannelName;

    public override int ReportsAllowed => 0;

    public override bool Called => this is Calling or Ringing;

    public override string? Failure => null;

    /// <summary>Waits for a caller ID.</summary>
    public sealed record Leasing : FlashCallAttempt;

    /// <summary>No caller ID, or no answer of the pool: nothing rang.</summary>
    public sealed record WithoutCallerId(string Reason) : FlashCallAttempt
    {
        public override string Failure => Reason;
    }

    /// <summary>Has a caller ID.</summary>
    public abstract record WithCallerId : FlashCallAttempt
    {
        /// <summary>The leased caller ID.</summary>
        public required FlashCallEvent.CallerIdLeased Lease { get; init; }

        public override int ReportsAllowed => Failure is null ? Lease.ReportsAllowed : 0;

        /// <summary>How many of the last digits a person types: the part that was not disclosed, and never less than four.</summary>
        public int EnterDigits => Math.Max(4, Lease.CallerId.E164.Length - Lease.DisclosedPrefix.Length);
    }

    /// <summary>The dialer was asked to call; the phone does not ring yet.</summary>
    public sealed record Calling : WithCallerId;

    /// <summary>The phone rings.</summary>
    public sealed record Ringing : WithCallerId
    {
        /// <summary>Since when.</summary>
        public required DateTimeOffset RangAt { get; init; }
    }

    /// <summary>The call is over, however it went; if the callee saw the caller ID, it can still be reported.</summary>
    public sealed record Over : WithCallerId
    {
        /// <summary>Whether the callee's phone showed the caller ID; null if nobody knows.</summary>
        public required bool? Seen { get; init; }

        /// <summary>Why the call did not reach the phone; null when it did.</summary>
        public string? CallFailure { get; init; }

        /// <summary>Whether the dialer has reported the end of the call, or had none to place.</summary>
        public required bool EndKnown { get; init; }

        /// <summary>How the call went; null as long as the dialer has not said so, or had none to place.</summary>
        public FlashCallEvent.CallEnded? Call { get; init; }

        public override bool Called => Call is { } call ? call.InvitedAt is not null : Seen is not false;

        public override string? Failure => CallFailure;

        /// <summary>What became of the caller ID, as the pool wants to know it.</summary>
        public LeaseOutcome OutcomeIf(bool proven) => proven
            ? LeaseOutcome.Verified
            : Seen switch
            {
                true => LeaseOutcome.Rang,
                false => LeaseOutcome.NotRung,
                null => LeaseOutcome.Unknown,
            };
    }
}
