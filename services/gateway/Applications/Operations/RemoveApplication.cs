using FlashCall.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Gateway.Applications.Operations;

/// <summary>Removes an application with its keys: <c>DELETE /v1/applications/{id}</c>. Its sessions under way go on to their end, but nobody
/// can ask for them any more.</summary>
internal static class RemoveApplication
{
    public static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        string id, HttpContext http, ApplicationOperations operations)
    {
        if (!VersionCondition.TryRead(http.Request, out var condition))
            return ApplicationRefusals.UnreadableCondition();
        var change = await operations.ChangeAsync(id, http, "removed", current =>
            current is null ? new ApplicationStep.Refuse(ApplicationRefusals.Unknown())
            : !condition.Matches(current.Version) ? new ApplicationStep.Refuse(ApplicationRefusals.AnotherVersion(current))
            : new ApplicationStep.Remove());
        return change.Refused is { } problem ? problem : TypedResults.NoContent();
    }
}
