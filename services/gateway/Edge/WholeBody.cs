using System.Buffers;
using Microsoft.AspNetCore.Http.Features;

namespace FlashCall.Gateway.Edge;

/// <summary>
/// The one place that reads a request's body. It is read once, up to <see cref="RequestLimits.Body"/>, and kept: whoever asks again, to
/// check a signature, to forward it, or to forward it a second time, gets the same bytes.
/// </summary>
internal static class WholeBody
{
    private const int AtOnce = 4 * 1024;

    /// <summary>The body, which stands in place of the arriving one from now on, at its beginning; null where the request has none.</summary>
    /// <exception cref="BadHttpRequestException">It is larger than <see cref="RequestLimits.Body"/> (413), or does not arrive.</exception>
    public static async ValueTask<MemoryStream?> ReadAsync(HttpContext context)
    {
        if (context.Request.Body is MemoryStream read)
        {
            read.Position = 0;
            return read;
        }
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody != true)
            return null;
        var body = await ReadAsync(context.Request, context.RequestAborted);
        context.Request.Body = body;
        return body;
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
