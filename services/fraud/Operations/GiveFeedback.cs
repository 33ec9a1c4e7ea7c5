using System.Text.Json;
using System.Text.Json.Serialization;
using FlashCall.Contracts;
using FlashCall.Fraud.Storage;
using FlashCall.Fraud.Versions;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Fraud.Operations;

/// <summary>Somebody knows better what a session was worth: <c>POST /v1/fraud/feedback</c>. The last one given counts, over how the session
/// itself ended.</summary>
internal sealed record GiveFeedback
{
    /// <summary>The session.</summary>
    public Guid? VerificationId { get; init; }

    /// <summary>What it was.</summary>
    public FeedbackKind? Kind { get; init; }

    public static async Task<Results<Ok<FeedbackView>, ProblemHttpResult>> HandleAsync(
        GiveFeedback request, AssessmentStore store, PolicyDirectory policies, FraudMetrics metrics, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var mistakes = new List<(string, string)>();
        if (request.VerificationId is null)
            mistakes.Add(("verificationId", "Name the verification."));
        if (request.Kind is null)
            mistakes.Add(("kind", "Give fraud or legitimate."));
        if (mistakes.Count > 0)
            return Refusals.Invalid(mistakes);
        var kind = request.Kind!.Value;
        var answer = await store.TakeFeedbackAsync(
            request.VerificationId!.Value, application: null, kind is FeedbackKind.Legitimate,
            await policies.CurrentAsync(cancellationToken), time.GetUtcNow(), cancellationToken);
        if (answer is null)
            return Refusals.NoSession();
        metrics.TookFeedback(JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString()), answer.Verdict);
        return TypedResults.Ok(new FeedbackView(answer.VerificationId, kind, answer.Verdict));
    }
}

/// <summary>What a session was.</summary>
internal enum FeedbackKind
{
    /// <summary>It should not have been rung, or verified.</summary>
    Fraud,

    /// <summary>A person was behind it, and holds the number.</summary>
    Legitimate,
}

/// <summary>Feedback that was taken.</summary>
/// <param name="VerificationId">The session.</param>
/// <param name="Kind">What it was.</param>
/// <param name="Verdict">What was said of it at the start. Where it was blocked nothing was counted that feedback could correct.</param>
internal sealed record FeedbackView(
    Guid VerificationId, FeedbackKind Kind, [property: JsonConverter(typeof(SnakeCase<Verdict>))] Verdict Verdict);
