using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Dialer.Trunks.Operations;

/// <summary>One trunk: <c>GET /v1/trunks/{name}</c>.</summary>
internal static class GetTrunk
{
    public static async Task<Results<Ok<TrunkView>, ProblemHttpResult>> HandleAsync(
        string name, HttpResponse response, TrunkStore store, TrunkViews views, CancellationToken cancellationToken)
    {
        if (await store.ReadAsync(name, cancellationToken) is not { IsRemoved: false } trunk)
            return TrunkRefusals.Unknown();
        TrunkOperations.SetVersion(response, trunk);
        return TypedResults.Ok(views.Of(trunk));
    }
}
