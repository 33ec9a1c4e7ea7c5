using FlashCall.Dialer.Routing;
using FlashCall.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Dialer.Trunks.Operations;

/// <summary>One trunk: <c>GET /v1/trunks/{name}</c>.</summary>
internal static class GetTrunk
{
    public static async Task<Results<Ok<TrunkView>, ProblemHttpResult>> HandleAsync(
        string name,
        HttpResponse response,
        TrunkStore store,
        TrunkViews views,
        TrunkDirectory directory,
        TrunkStatuses statuses,
        ServiceIdentity self,
        CancellationToken cancellationToken)
    {
        if (await store.ReadAsync(name, cancellationToken) is not { IsRemoved: false } trunk)
            return TrunkRefusals.Unknown();
        TrunkOperations.SetVersion(response, trunk);
        // What this replica has not seen yet, or cannot use, it knows nothing of.
        var now = directory.Current.Trunks.TryGetValue(name, out var used)
            ? TrunkNowView.Of(await statuses.OfAsync(used, cancellationToken), self.Instance)
            : null;
        return TypedResults.Ok(views.Of(trunk) with { Now = now });
    }
}
