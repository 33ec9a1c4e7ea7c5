using FlashCall.Gateway.Forwarding;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Model;

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
            if (!MayBeKept(response))
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

    private static bool MayBeKept(HttpResponse response) =>
        response.StatusCode is StatusCodes.Status200OK or StatusCodes.Status304NotModified
        && (response.HttpContext.GetEndpoint()?.Metadata.GetMetadata<KeepsCacheHeaders>() is not null
            || IsForwardedToAnybody(response.HttpContext));

    private static bool IsForwardedToAnybody(HttpContext context) =>
        context.Features.Get<IReverseProxyFeature>() is { } proxy && Routes.IsPublic(proxy.Route.Config);
}
