using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Dialer.Trunks.Operations;

/// <summary>Removes a trunk for good: <c>DELETE /v1/trunks/{name}</c>. Not while calls are under way on it, on any replica.</summary>
internal static class RemoveTrunk
{
    public static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(string name, HttpContext http, TrunkOperations operations)
    {
        var change = await operations.ChangeAsync(name, http, current =>
            current is null ? new TrunkStep.Refuse(TrunkRefusals.Unknown())
            : current.CallsUnderWay > 0 ? new TrunkStep.Refuse(TrunkRefusals.CallsUnderWay(current))
            : new TrunkStep.Remove());
        return change.Refused is { } problem ? problem : TypedResults.NoContent();
    }
}
