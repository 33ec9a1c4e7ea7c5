using FlashCall.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Gateway.Applications.Operations;

/// <summary>One application: <c>GET /v1/applications/{id}</c>.</summary>
internal static class GetApplication
{
    public static async Task<Results<Ok<ApplicationView>, ProblemHttpResult>> HandleAsync(
        string id, HttpResponse response, ApplicationStore store, CancellationToken cancellationToken)
    {
        if (!ApplicationId.IsOne(id) || await store.ReadAsync(id, cancellationToken) is not { } stored)
            return ApplicationRefusals.Unknown();
        response.Headers.ETag = VersionCondition.TagOf(stored.Version);
        return TypedResults.Ok(ApplicationView.Of(stored));
    }
}
