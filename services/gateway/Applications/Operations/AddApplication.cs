using FlashCall.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Gateway.Applications.Operations;

/// <summary>Adds an application with a first key: <c>POST /v1/applications</c>. The key's secrets are in the answer and nowhere else; what
/// is not right is refused whole.</summary>
internal static class AddApplication
{
    public static async Task<Results<Created<ApplicationView>, ProblemHttpResult>> HandleAsync(
        ApplicationDocument document, HttpContext http, ApplicationValidator valid, ApplicationOperations operations)
    {
        if (valid.Validate(document) is { IsValid: false } result)
            return ApplicationRefusals.Invalid(result);
        var key = NewKey.Make(name: null, expiresAt: null);
        var change = await operations.ChangeAsync(document.Id!, http, $"added, with key {key.Id},", current => current is null
            ? new ApplicationStep.Add(document, key)
            : new ApplicationStep.Refuse(ApplicationRefusals.Exists(current)));
        if (change.Refused is { } problem)
            return problem;
        var stored = change.After!;
        http.Response.Headers.ETag = VersionCondition.TagOf(stored.Version);
        return TypedResults.Created(
            $"/v1/applications/{stored.Id}", ApplicationView.Of(stored) with { Key = NewKeyView.Of(key, stored) });
    }
}
