using FlashCall.Hosting;
using FluentValidation.Results;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Gateway.Webhooks.Operations;

/// <summary>What an application is told when a webhook is not there or not changed.</summary>
internal static class WebhookRefusals
{
    /// <summary>Unknown, or another application's: the answer does not tell which.</summary>
    public static ProblemHttpResult Unknown() =>
        Problems.Problem(404, "webhook_not_found", "No such webhook", "This application has no webhook with this id.");

    public static ProblemHttpResult UnknownDelivery() =>
        Problems.Problem(404, "delivery_not_found", "No such delivery",
            "This webhook has no delivery with this id. Deliveries are deleted some time after they have ended.");

    public static ProblemHttpResult UnreadableCondition() => Problems.Problem(400, "bad_request", "Bad request",
        "If-Match takes versions in double quotes, such as \"12\", or *.");

    public static ProblemHttpResult AnotherVersion() => Problems.Problem(412, "webhook_changed", "The webhook has changed",
        "The webhook has changed since it was read. Read it again, then decide anew.");

    public static ProblemHttpResult TooMany() => Problems.Problem(409, "too_many_webhooks", "Too many webhooks",
        $"An application has at most {Webhook.MostOfApplication} webhooks. Remove one first.");

    public static ProblemHttpResult Disabled() => Problems.Problem(409, "webhook_disabled", "The webhook is switched off",
        "Nothing is sent to this webhook. Set enabled to true first.");

    /// <summary>Every field that is wrong, and what would be right.</summary>
    public static ProblemHttpResult Invalid(ValidationResult result) => Invalid(result.Errors
        .GroupBy(error => error.PropertyName, StringComparer.Ordinal)
        .ToDictionary(field => field.Key, field => field.Select(error => error.ErrorMessage).ToArray(), StringComparer.Ordinal));

    /// <inheritdoc cref="Invalid(ValidationResult)"/>
    public static ProblemHttpResult Invalid(Dictionary<string, string[]> errors) => Problems.Problem(
        422, "validation_failed", "The request is not valid",
        string.Join(" ", errors.Select(field => $"{field.Key}: {string.Join(" ", field.Value)}")), errors);
}
