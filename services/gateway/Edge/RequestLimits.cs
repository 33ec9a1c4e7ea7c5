using FlashCall.Hosting;

namespace FlashCall.Gateway.Edge;

/// <summary>
/// How much a client may send. Of all but an import, there are two bounds: over ours, the answer says what is wrong; over the server's,
/// which is twice as high, the connection is cut with a bare status, since such an address or header is not read to its end. (A body sent
/// in chunks is counted by the server with what frames the chunks.)
/// </summary>
internal static class RequestLimits
{
    /// <summary>The largest body, bytes.</summary>
    public const int Body = 64 * 1024;

    /// <summary>The largest list of numbers to import, bytes, and what frames its chunks: ten million numbers and their columns. The server
    /// counts it as it passes, since it is not kept.</summary>
    public const long Import = 200 * 1024 * 1024;

    /// <summary>The longest path with query, characters.</summary>
    public const int Address = 8 * 1024;

    /// <summary>The largest headers, names and values together, characters.</summary>
    public const int Headers = 32 * 1024;

    private const int HeaderCount = 100;
    private static readonly TimeSpan HeadersArriveWithin = TimeSpan.FromSeconds(10);

    /// <summary>Sets the server's bounds.</summary>
    public static void AddRequestLimits(this WebApplicationBuilder builder) => builder.WebHost.ConfigureKestrel(kestrel =>
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = 2 * Body;
        kestrel.Limits.MaxRequestLineSize = 2 * Address;
        kestrel.Limits.MaxRequestHeadersTotalSize = 2 * Headers;
        kestrel.Limits.MaxRequestHeaderCount = 2 * HeaderCount;
        kestrel.Limits.RequestHeadersTimeout = HeadersArriveWithin;
    });

    /// <summary>Refuses what is within the server's bounds and over ours.</summary>
    public static void UseRequestLimits(this WebApplication app) => app.Use((context, next) =>
    {
        var request = context.Request;
        // The path is decoded here; escaped, it was up to three times as long, which the server's bound takes care of.
        if (request.Path.Value!.Length + request.QueryString.Value!.Length > Address)
            return Problems.WriteAsync(context, Problems.ForStatus(StatusCodes.Status414UriTooLong));
        var size = 0;
        foreach (var header in request.Headers)
        {
            foreach (var value in header.Value)
                size += header.Key.Length + (value?.Length ?? 0);
        }
        return size > Headers || request.Headers.Count > HeaderCount
            ? Problems.WriteAsync(context, Problems.ForStatus(StatusCodes.Status431RequestHeaderFieldsTooLarge))
            : next(context);
    });
}
