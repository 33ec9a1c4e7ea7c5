using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Dialer.Trunks.Operations;

/// <summary>A trunk that was drained takes calls again: <c>POST /v1/trunks/{name}/activate</c>. Activating again changes nothing.</summary>
internal static class ActivateTrunk
{
    public static Task<Results<Ok<TrunkView>, ProblemHttpResult>> HandleAsync(
        string name, HttpContext http, TrunkOperations operations, TrunkViews views) =>
        DrainTrunk.SetAsync(TrunkState.Active, name, http, operations, views);
}
