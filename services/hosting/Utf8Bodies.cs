using Microsoft.AspNetCore.Builder;
using Microsoft.Net.Http.Headers;

namespace FlashCall.Hosting;

/// <summary>Bodies are UTF-8 (RFC 8259 §8.1). One that says otherwise is refused before it is read: of a charset that it does not know the
/// framework would make an error of ours.</summary>
internal static class Utf8Bodies
{
    private static readonly string[] Charsets = ["utf-8", "us-ascii"];

    public static void UseUtf8Bodies(this WebApplication app) => app.Use((context, next) =>
        MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) && type.Charset.HasValue && !IsUtf8(type)
            ? Problems.WriteAsync(context, Problems.Create(
                415, "unsupported_media_type", "Unsupported media type", "Send the body in UTF-8, and leave 'charset' out of Content-Type."))
            : next(context));

    private static bool IsUtf8(MediaTypeHeaderValue type)
    {
        var charset = HeaderUtilities.RemoveQuotes(type.Charset);
        return Array.Exists(Charsets, known => charset.Equals(known, StringComparison.OrdinalIgnoreCase));
    }
}
