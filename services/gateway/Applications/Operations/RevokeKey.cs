using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Gateway.Applications.Operations;

/// <summary>A key that lets nobody in any more: <c>DELETE /v1/applications/{id}/keys/{keyId}</c>. The last one may go too: the application
/// is then shut out until it is given another.</summary>
internal static class RevokeKey
{
    public static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        string id, Guid keyId, HttpContext http, ApplicationOperations operations)
    {
        var change = await operations.ChangeAsync(id, http, $"revoked key {keyId}", current =>
            current is null ? new ApplicationStep.Refuse(ApplicationRefusals.Unknown())
            : current.Keys.All(key => key.Id != keyId) ? new ApplicationStep.Refuse(ApplicationRefusals.UnknownKey())
            : new ApplicationStep.RevokeKey(keyId));
        return change.Refused is { } problem ? problem : TypedResults.NoContent();
    }
}
