using System.Diagnostics;
using FlashCall.Contracts;
using FlashCall.Fraud.Blocks;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;
using FlashCall.Fraud.Storage;
using FlashCall.Fraud.Versions;
using FlashCall.Hosting;
using MassTransit;

namespace FlashCall.Fraud.Assessments;

/// <summary>Says whether a phone should ring.</summary>
internal sealed class AssessRisks(
    AssessmentStore store, PolicyDirectory policies, AddressCountries countries, BlockNews news, FraudMetrics metrics, TimeProvider time)
{
    /// <summary>Clocks of two machines may differ, but not by more.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    /// <summary>Assesses a request, or finds what it was answered before.</summary>
    /// <returns>The answer, recorded.</returns>
    /// <exception cref="ArgumentException">The command makes no sense; the message says which part.</exception>
    public async Task<RiskAssessed> AssessAsync(AssessRisk command, CancellationToken cancellationToken)
    {
        Validate(command);
        var policy = await policies.CurrentAsync(cancellationToken);
        var request = ToRequest(command);
        var (answer, isNew, raised) = await store.AssessAsync(
            command.VerificationId, request, policy, assessment => ToAnswer(command.VerificationId, request, policy, assessment),
            cancellationToken);
        Activity.Current?.SetTag("flashcall.verification.id", command.VerificationId.ToString())
            .SetTag("flashcall.fraud.verdict", answer.Verdict.ToString()).SetTag("flashcall.fraud.policy", answer.PolicyVersion);
        if (!isNew)
            return answer;
        metrics.Assessed(answer);
        if (raised > 0)
            news.Wake();
        return answer;
    }

    /// <summary>What an answer would be now, and what it follows from; nothing is counted.</summary>
    /// <param name="command">The request.</param>
    /// <param name="policy">The policy; null for the active one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The command makes no sense; the message says which part.</exception>
    public async Task<(Policy Policy, RiskRequest Request, Readings Readings, Assessment Assessment)> TryAsync(
        AssessRisk command, Policy? policy, CancellationToken cancellationToken)
    {
        Validate(command);
        policy ??= await policies.CurrentAsync(cancellationToken);
        var request = ToRequest(command);
        var readings = await store.ReadAsync(RiskEngine.Ask(policy, request), request.ApplicationId, cancellationToken);
        return (policy, request, readings, RiskEngine.Assess(policy, request, readings));
    }

    private RiskRequest ToRequest(AssessRisk command)
    {
        var request = RiskRequest.From(command, countries.Of(command.Client.Ip));
        // As precise as the database keeps the ends of blocks.
        return request with { RequestedAt = request.RequestedAt.AddTicks(-(request.RequestedAt.Ticks % TimeSpan.TicksPerMicrosecond)) };
    }

    private RiskAssessed ToAnswer(Guid verificationId, RiskRequest request, Policy policy, Assessment assessment) => new()
    {
        VerificationId = verificationId,
        Verdict = assessment.Verdict,
        Score = assessment.Score,
        Factors = assessment.Factors,
        ShadowVerdict = assessment.ShadowVerdict,
        PolicyVersion = policy.Version,
        LineType = request.LineType,
        AssessedAt = time.GetUtcNow(),
    };

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
