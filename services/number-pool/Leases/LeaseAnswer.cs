using FlashCall.Contracts;

namespace FlashCall.NumberPool.Leases;

/// <summary>What an attempt that asked for a caller ID was answered.</summary>
internal abstract record LeaseAnswer
{
    private LeaseAnswer()
    {
    }

    /// <summary>The answer as a message to the session that asked.</summary>
    public abstract object ToMessage(LeaseCallerId command);

    /// <summary>A caller ID.</summary>
    /// <param name="LeaseId">Names the lease when it is released.</param>
    /// <param name="Choice">The caller ID and what may be told of it.</param>
    /// <param name="LeasedAt">When (UTC).</param>
    /// <param name="ExpiresAt">When it ends by itself (UTC).</param>
    internal sealed record Leased(Guid LeaseId, Ranges.Choice Choice, DateTimeOffset LeasedAt, DateTimeOffset ExpiresAt) : LeaseAnswer
    {
        /// <inheritdoc/>
        public override object ToMessage(LeaseCallerId command) => new CallerIdLeased
        {
            VerificationId = command.VerificationId,
            AttemptId = command.AttemptId,
            LeaseId = LeaseId,
            CallerId = Choice.CallerId,
            Trunk = Choice.Trunk,
            DisclosedPrefix = Choice.DisclosedPrefix,
            Candidates = Choice.Candidates,
            LeasedAt = LeasedAt,
            ExpiresAt = ExpiresAt,
        };
    }

    /// <summary>No caller ID.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Detail">What is missing, for the operator.</param>
    internal sealed record Refused(LeaseRefusal Reason, string Detail) : LeaseAnswer
    {
        /// <inheritdoc/>
        public override object ToMessage(LeaseCallerId command) => new CallerIdUnavailable
        {
            VerificationId = command.VerificationId,
            AttemptId = command.AttemptId,
            Reason = Reason,
            Detail = Detail,
        };
    }
}
