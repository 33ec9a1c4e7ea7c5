using System.Buffers;
using FlashCall.Gateway.Edge;
using Microsoft.AspNetCore.Http.Features;

namespace FlashCall.Gateway.Forwarding;

/// <summary>
/// Reads a request's body before a service hears of the request: a slow or oversized one costs the service nothing, and a replica that
/// cannot be reached can be replaced by another. Lists of numbers are too large for that, see <see cref="StreamedBodies"/>.
/// </summary>
internal static class BufferedBodies
{
    private const int AtOnce = 4 * 1024;

    /// <summary>Puts the whole body in place of the arriving one.</summary>
    /// <exception cref="BadHttpRequestException">It is larger than <see cref="RequestLimits.Body"/> (413), or does not arrive.</exception>
    public static async Task ReadAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true
            && !Routes.IsStreamed(context.GetReverseProxyFeature().Route.Config))
        {
            using var body = await ReadAsync(context.Request, context.RequestAborted);
            context.Request.Body = body;
            await next(context);
        }
        else
        {
            await next(context);
        }
    }

    private static async Task<MemoryStream> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        RefuseOver(request.ContentLength ?? 0);
        var body = new MemoryStream((int)(request.ContentLength ?? 0));
        var buffer = ArrayPool<byte>.Shared.Rent(AtOnce);
        try
        {
            int read;
            while ((read = await request.Body.ReadAsync(buffer, cancellationToken)) > 0)
            {
                RefuseOver(body.Length + read);
                body.Write(buffer, 0, read);
            }
        }
        finally
        {
            // It held a client's data.
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
        body.Position = 0;
        return body;
    }

    private static void RefuseOver(long length)
    {
        if (length > RequestLimits.Body)
            throw new BadHttpRequestException("The body is too large.", StatusCodes.Status413PayloadTooLarge);
    }
}
