using FlashCall.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Gateway.Applications.Operations;

/// <summary>Replaces all that is said of an application: <c>PUT /v1/applications/{id}</c>. Its keys stay. What is not right is refused
/// whole.</summary>
internal static class PutApplication
{
    public static async Task<Results<Ok<ApplicationView>, ProblemHttpResult>> HandleAsync(
        string id, ApplicationDocument document, HttpContext http, ApplicationValidator valid, ApplicationOperations operations)
    {
        if (!VersionCondition.TryRead(http.Request, out var condition))
            return ApplicationRefusals.UnreadableCondition();
        var change = await operations.ChangeAsync(id, http, "replaced", current =>
        {
            if (current is null)
                return new ApplicationStep.Refuse(ApplicationRefusals.Unknown());
            if (!condition.Matches(current.Version) || condition.IsRuledOut(current.Version))
                return new ApplicationStep.Refuse(ApplicationRefusals.AnotherVersion(current));
            return Mistake(id, document, valid) is { } mistake
                ? new ApplicationStep.Refuse(mistake)
                : new ApplicationStep.Replace(document);
        });
        if (change.Refused is { } problem)
            return problem;
        var stored = change.After!;
        http.Response.Headers.ETag = VersionCondition.TagOf(stored.Version);
        return TypedResults.Ok(ApplicationView.Of(stored));
    }

    private static ProblemHttpResult? Mistake(string id, ApplicationDocument document, ApplicationValidator valid)
    {
        if (document.Id is not null && document.Id != id)
            return ApplicationRefusals.Invalid([("id", "is not the one of the address. Leave it out: an application keeps its id.")]);
        var unknown = document.Unknown?.Where(field => !ApplicationView.ReadOnlyFields.Contains(field.Key)).ToDictionary();
        var whole = document with { Id = id, Unknown = unknown is { Count: > 0 } ? unknown : null };
        return valid.Validate(whole) is { IsValid: false } result ? ApplicationRefusals.Invalid(result) : null;
    }
}
