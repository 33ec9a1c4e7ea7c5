using FlashCall.Gateway.Edge;

namespace FlashCall.Gateway.Forwarding;

/// <summary>
/// Reads a request's body before a service hears of the request: a slow or oversized one costs the service nothing, and a replica that
/// cannot be reached can be replaced by another. Lists of numbers are too large for that, see <see cref="StreamedBodies"/>.
/// </summary>
internal static class BufferedBodies
{
    /// <summary>Puts the whole body in place of the arriving one.</summary>
    /// <exception cref="BadHttpRequestException">It is larger than <see cref="RequestLimits.Body"/> (413), or does not arrive.</exception>
    public static async Task ReadAsync(HttpContext context, RequestDelegate next)
    {
        if (!Routes.IsStreamed(context.GetReverseProxyFeature().Route.Config))
            await WholeBody.ReadAsync(context);
        await next(context);
    }
}
