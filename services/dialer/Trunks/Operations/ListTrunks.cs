using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Dialer.Trunks.Operations;

/// <summary>All trunks, with what goes on on them: <c>GET /v1/trunks</c>.</summary>
internal static class ListTrunks
{
    public static async Task<Ok<TrunkListView>> HandleAsync(TrunkStore store, TrunkViews views, CancellationToken cancellationToken)
    {
        var trunks = await store.ReadAllAsync(cancellationToken);
        return TypedResults.Ok(new TrunkListView { Trunks = [.. trunks.Where(trunk => !trunk.IsRemoved).Select(views.Of)] });
    }
}
