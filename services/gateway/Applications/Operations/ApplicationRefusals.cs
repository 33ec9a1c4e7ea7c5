using System.Text.Json;
using FlashCall.Hosting;
using FluentValidation.Results;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Gateway.Applications.Operations;

/// <summary>What an admin is told when an application is not there or not changed.</summary>
internal static class ApplicationRefusals
{
    public static ProblemHttpResult Unknown() => Problems.Problem(404, "application_not_found", "No such application",
        "There is no application of this id. GET /v1/applications lists those there are.");

    public static ProblemHttpResult UnknownKey() => Problems.Problem(404, "key_not_found", "No such key",
        "The application has no key of this id. GET /v1/applications/{id}/keys lists those it has.");

    public static ProblemHttpResult Exists(StoredApplication application) => Problems.Problem(
        409, "application_exists", "The application exists",
        $"There is an application of this id, added at {application.CreatedAt:u}. Give another id, or PUT it to change it.");

    public static ProblemHttpResult UnreadableCondition() => Problems.Problem(400, "bad_request", "Bad request", VersionCondition.Form);

    public static ProblemHttpResult AnotherVersion(StoredApplication application) => Problems.Problem(
        412, "application_changed", "The application has changed",
        $"The application is in version {application.Version} now, changed by {application.ChangedBy} at {application.ChangedAt:u}. "
        + "Read it again, then decide anew.");

    public static ProblemHttpResult TooManyKeys(int most) => Problems.Problem(409, "too_many_keys", "Too many keys",
        $"The application has {most} keys, which is the most. Revoke one that is not used any more.");

    /// <summary>Every field that is wrong, and what would be right.</summary>
    public static ProblemHttpResult Invalid(IEnumerable<(string Field, string Problem)> mistakes)
    {
        var errors = mistakes
            .GroupBy(mistake => mistake.Field, StringComparer.Ordinal)
            .ToDictionary(field => field.Key, field => field.Select(mistake => mistake.Problem).ToArray(), StringComparer.Ordinal);
        var detail = string.Join(" ", errors.Select(field => $"{field.Key}: {string.Join(" ", field.Value)}"));
        return Problems.Problem(422, "validation_failed", "The request is not valid", detail, errors);
    }

    /// <summary>The same, of what a validator found.</summary>
    public static ProblemHttpResult Invalid(ValidationResult result) =>
        Invalid(result.Errors.Select(error => (FieldName(error.PropertyName), error.ErrorMessage)));

    /// <summary>A field as the API spells it: <c>RateLimits.ClientToken.Per</c> is <c>rateLimits.clientToken.per</c>.</summary>
    private static string FieldName(string property)
    {
        var parts = property.Split('.');
        var isPolicy = parts[0] == nameof(ApplicationDocument.Policies);
        // The name of a purpose stands as it was sent.
        return string.Join('.', parts.Select((part, i) => isPolicy && i == 1 ? part : JsonNamingPolicy.CamelCase.ConvertName(part)));
    }
}
