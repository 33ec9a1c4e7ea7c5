using FlashCall.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Fraud.Operations;

/// <summary>What an operator is told when something is not there or not right.</summary>
internal static class Refusals
{
    public static ProblemHttpResult NoPolicy(int number) => Problems.Problem(404, "policy_not_found", "No such policy",
        $"There is no policy {number}. GET /v1/fraud/policies lists those there are.");

    public static ProblemHttpResult NoBlock() => Problems.Problem(404, "block_not_found", "No such block",
        "No block that stands has this id. GET /v1/fraud/blocks lists those there are.");

    public static ProblemHttpResult NoEntry() => Problems.Problem(404, "entry_not_found", "No such entry",
        "No list has an entry with this id. GET /v1/fraud/lists lists those there are.");

    public static ProblemHttpResult NoSession() => Problems.Problem(404, "verification_not_found", "No such verification",
        "No verification of this id was assessed, or it is older than the longest window of the policy and forgotten.");

    /// <summary>Every field that is wrong, and what would be right.</summary>
    public static ProblemHttpResult Invalid(IReadOnlyCollection<(string Field, string Message)> mistakes)
    {
        var errors = mistakes.GroupBy(mistake => mistake.Field, StringComparer.Ordinal).ToDictionary(
            field => field.Key, field => field.Select(mistake => mistake.Message).ToArray(), StringComparer.Ordinal);
        var detail = string.Join(" ", errors.Select(field => $"{field.Key}: {string.Join(" ", field.Value)}"));
        return Problems.Problem(422, "validation_failed", "The request is not valid", detail, errors);
    }
}
