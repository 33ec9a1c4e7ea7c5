using FlashCall.Contracts;
using FlashCall.Hosting;
using MassTransit;

namespace FlashCall.Fraud.Assessments;

/// <summary>Says whether a phone should ring.</summary>
internal sealed class AssessRisks(RequestStore store, Policy policy, FraudMetrics metrics, TimeProvider time)
{
    /// <summary>Clocks of two machines may differ, but not by more.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    /// <summary>Assesses a request, or finds what it was answered before.</summary>
    /// <returns>The answer, recorded.</returns>
    /// <exception cref="ArgumentException">The command makes no sense; the message says which part.</exception>
    public async Task<RiskAssessed> AssessAsync(AssessRisk command, CancellationToken cancellationToken)
    {
        Validate(command);
        var request = RiskRequest.From(command);
        var address = ClientAddress.Parse(command.Client.Ip);
        var (answered, counters) = await store.RecordAsync(
            command.VerificationId, command.To, address, command.RequestedAt, cancellationToken);
        if (answered is not null)
            return answered;

        var assessment = RiskEngine.Assess(policy, request, counters);
        var answer = await store.AnswerAsync(new RiskAssessed
        {
            VerificationId = command.VerificationId,
            Verdict = assessment.Verdict,
            Score = assessment.Score,
            Factors = assessment.Factors,
            PolicyVersion = policy.Version,
            LineType = request.LineType,
            AssessedAt = time.GetUtcNow(),
        }, cancellationToken);
        metrics.Assessed(answer);
        return answer;
    }

    private void Validate(AssessRisk command)
    {
        if (command.VerificationId == Guid.Empty)
            throw new ArgumentException("VerificationId names the session; it may not be the empty UUID.", nameof(command));
        if (string.IsNullOrWhiteSpace(command.ApplicationId))
            throw new ArgumentException("ApplicationId is empty. Name the application that started the session.", nameof(command));
        if (command.RequestedAt > time.GetUtcNow() + ClockSkew)
        {
            throw new ArgumentException(
                $"RequestedAt is {command.RequestedAt:O}, which is yet to come. Set the clocks of the machines.", nameof(command));
        }
    }
}

/// <summary>Takes the command, answers when the assessment is committed.</summary>
internal sealed class AssessRiskConsumer(AssessRisks assessments, Messenger messenger) : IConsumer<AssessRisk>
{
    /// <inheritdoc/>
    public async Task Consume(ConsumeContext<AssessRisk> context)
    {
        var answer = await assessments.AssessAsync(context.Message, context.CancellationToken);
        await messenger.SendAsync(
            Queues.Verification, answer, MessageId.Derive(answer.VerificationId, "risk-assessed"), context.CancellationToken);
    }
}
