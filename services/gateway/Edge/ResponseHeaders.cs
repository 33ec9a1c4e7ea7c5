using Microsoft.Net.Http.Headers;

namespace FlashCall.Gateway.Edge;

/// <summary>What every response carries, whoever wrote it.</summary>
internal static class ResponseHeaders
{
    /// <summary>A replica that died is replaced, or found dead, within this time; seconds.</summary>
    private const string RetryAfter = "2";

    /// <summary>Sets the headers when a response starts. Registered first, so that it runs last and has the last word.</summary>
    public static void UseResponseHeaders(this WebApplication app) => app.Use((context, next) =>
    {
        context.Response.OnStarting(static state =>
        {
            var response = ((HttpContext)state).Response;
            if (response.HttpContext.GetEndpoint()?.Metadata.GetMetadata<KeepsCacheHeaders>() is null || response.StatusCode >= 400)
                response.Headers.CacheControl = "no-store";
            response.Headers.XContentTypeOptions = "nosniff";
            response.Headers.Remove(HeaderNames.Server);
            response.Headers.Remove(HeaderNames.Pragma);
            response.Headers.Remove(HeaderNames.Expires);
            if (response.StatusCode == StatusCodes.Status503ServiceUnavailable && response.Headers.RetryAfter.Count == 0)
                response.Headers.RetryAfter = RetryAfter;
            return Task.CompletedTask;
        }, context);
        return next(context);
    });
}
