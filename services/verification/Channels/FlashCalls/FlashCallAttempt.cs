using FlashCall.Contracts;
using FlashCall.Verification.Sessions;

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

        /// <summary>Whether the client reported that the phone showed no caller ID.</summary>
        public bool IsWithheld { get; init; }

        public override int ReportsAllowed => Failure is null ? Lease.ReportsAllowed : 0;

        public override CodeStrength? Strength => new CodeStrength(Lease.Candidates, Lease.ReportsAllowed);

        public override string? Failure => IsWithheld ? Reasons.CallerIdWithheld : null;

        /// <summary>How many of the last digits a person may type instead of the whole number; null if it has to be the whole.</summary>
        public int? EnterDigits => Lease.EnterDigits switch
        {
            0 => null,
            // Before the pool said so, it was the part that was not disclosed, and never less than four.
            null => Math.Max(4, Lease.CallerId.E164.Length - Lease.DisclosedPrefix.Length),
            var digits => digits,
        };
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

        /// <summary>The call was kept from ringing in a way that can lie in the caller ID.</summary>
        public bool Blocked { get; init; }

        public override bool Called => Call is { } call ? call.InvitedAt is not null : Seen is not false;

        public override string? Failure => base.Failure ?? CallFailure;

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
