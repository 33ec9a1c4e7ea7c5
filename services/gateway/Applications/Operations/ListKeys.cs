using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Gateway.Applications.Operations;

/// <summary>The keys of an application, without their secrets: <c>GET /v1/applications/{id}/keys</c>.</summary>
internal static class ListKeys
{
    public static async Task<Results<Ok<KeyListView>, ProblemHttpResult>> HandleAsync(
        string id, ApplicationStore store, TimeProvider time, CancellationToken cancellationToken) =>
        !ApplicationId.IsOne(id) || await store.ReadAsync(id, cancellationToken) is not { } stored
            ? ApplicationRefusals.Unknown()
            : TypedResults.Ok(new KeyListView { Items = [.. stored.Keys.Select(key => KeyView.Of(key, time.GetUtcNow()))] });
}
