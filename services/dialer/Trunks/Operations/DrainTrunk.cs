using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Dialer.Trunks.Operations;

/// <summary>A trunk takes no new calls: <c>POST /v1/trunks/{name}/drain</c>. Those under way go on to their end. Draining again changes
/// nothing.</summary>
internal static class DrainTrunk
{
    public static Task<Results<Ok<TrunkView>, ProblemHttpResult>> HandleAsync(
        string name, HttpContext http, TrunkOperations operations, TrunkViews views) =>
        SetAsync(TrunkState.Draining, name, http, operations, views);

    /// <summary>Sets whether a trunk takes calls.</summary>
    public static async Task<Results<Ok<TrunkView>, ProblemHttpResult>> SetAsync(
        TrunkState state, string name, HttpContext http, TrunkOperations operations, TrunkViews views)
    {
        var change = await operations.ChangeAsync(name, http, current =>
            current is null ? new TrunkStep.Refuse(TrunkRefusals.Unknown())
            : current.State == state ? new TrunkStep.Leave()
            : new TrunkStep.SetState(state));
        return change.Refused is { } problem ? problem : TypedResults.Ok(views.Of(change.After!));
    }
}
