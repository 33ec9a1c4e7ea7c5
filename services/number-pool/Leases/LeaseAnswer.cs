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
    internal sealed record Leased : LeaseAnswer
    {
        /// <inheritdoc cref="CallerIdLeased.LeaseId"/>
        public required Guid LeaseId { get; init; }

        /// <inheritdoc cref="CallerIdLeased.CallerId"/>
        public required CallerId CallerId { get; init; }

        /// <inheritdoc cref="CallerIdLeased.Trunk"/>
        public required string Trunk { get; init; }

        /// <inheritdoc cref="CallerIdLeased.DisclosedPrefix"/>
        public required string DisclosedPrefix { get; init; }

        /// <inheritdoc cref="CallerIdLeased.Candidates"/>
        public required long Candidates { get; init; }

        /// <inheritdoc cref="CallerIdLeased.EnterDigits"/>
        public required int? EnterDigits { get; init; }

        /// <inheritdoc cref="CallerIdLeased.LeasedAt"/>
        public required DateTimeOffset LeasedAt { get; init; }

        /// <inheritdoc cref="CallerIdLeased.ExpiresAt"/>
        public required DateTimeOffset ExpiresAt { get; init; }

        /// <inheritdoc/>
        public override object ToMessage(LeaseCallerId command) => new CallerIdLeased
        {
            VerificationId = command.VerificationId,
            AttemptId = command.AttemptId,
            LeaseId = LeaseId,
            CallerId = CallerId,
            Trunk = Trunk,
            DisclosedPrefix = DisclosedPrefix,
            Candidates = Candidates,
            EnterDigits = EnterDigits,
            LeasedAt = LeasedAt,
            ExpiresAt = ExpiresAt,
        };
    }

    /// <summary>No caller ID.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Detail">What is missing, for the operator.</param>
    /// <param name="MissingNumbers">See <see cref="CallerIdUnavailable.MissingNumbers"/>.</param>
    /// <param name="RetryAt">See <see cref="CallerIdUnavailable.RetryAt"/>.</param>
    internal sealed record Refused(LeaseRefusal Reason, string Detail, long? MissingNumbers, DateTimeOffset? RetryAt) : LeaseAnswer
    {
        /// <inheritdoc/>
        public override object ToMessage(LeaseCallerId command) => new CallerIdUnavailable
        {
            VerificationId = command.VerificationId,
            AttemptId = command.AttemptId,
            Reason = Reason,
            Detail = Detail,
            MissingNumbers = MissingNumbers,
            RetryAt = RetryAt,
        };
    }
}
