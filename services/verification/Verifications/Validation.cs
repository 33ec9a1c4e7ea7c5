using System.Text.Json;
using FlashCall.Hosting;
using FluentValidation;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Verification.Verifications;

/// <summary>Requests are checked whole; the answer names every field that is wrong and what would be right.</summary>
internal static class Validation
{
    /// <summary>Null when the request is right.</summary>
    public static ProblemHttpResult? Check<T>(AbstractValidator<T> validator, T request)
    {
        var result = validator.Validate(request);
        if (result.IsValid)
            return null;
        var errors = result.Errors
            .GroupBy(error => FieldName(error.PropertyName), StringComparer.Ordinal)
            .ToDictionary(field => field.Key, field => field.Select(error => error.ErrorMessage).ToArray(), StringComparer.Ordinal);
        // A rule with a code of its own is something a client app reacts to, such as a number that does not exist.
        var named = result.Errors.Find(error => !error.ErrorCode.EndsWith("Validator", StringComparison.Ordinal));
        var detail = string.Join(" ", errors.Select(field => $"{field.Key}: {string.Join(" ", field.Value)}"));
        return named is null
            ? Problems.Problem(422, "validation_failed", "The request is not valid", detail, errors)
            : Problems.Problem(422, named.ErrorCode, "The request is not valid", detail, errors);
    }

    private static string FieldName(string property) =>
        property.Contains('.', StringComparison.Ordinal) ? property : JsonNamingPolicy.CamelCase.ConvertName(property);
}
