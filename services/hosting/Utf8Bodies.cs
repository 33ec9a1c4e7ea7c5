using Microsoft.AspNetCore.Builder;
using Microsoft.Net.Http.Headers;

namespace FlashCall.Hosting;

/// <summary>Bodies are UTF-8 (RFC 8259 §8.1). One that says otherwise is refused before it is read: of a charset that it does not know the
/// framework would make an error of ours.</summary>
internal static class Utf8Bodies
{
    private static readonly string[] Charsets = ["utf-8", "us-ascii"];

    public static void UseUtf8Bodies(this WebApplication app) => app.Use((context, next) =>
    {
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) || !type.Charset.HasValue)
            return next(context);
        var charset = HeaderUtilities.RemoveQuotes(type.Charset);
        if (!Array.Exists(Charsets, known => charset.Equals(known, StringComparison.OrdinalIgnoreCase)))
        {
            return Problems.WriteAsync(context, Problems.Create(
                415, "unsupported_media_type", "Unsupported media type", "Send the body in UTF-8, and leave 'charset' out of Content-Type."));
        }
        // The framework takes no quotes for a charset that it knows, though they mean the same (RFC 9110 §5.6.6).
        type.Charset = charset;
        context.Request.ContentType = type.ToString();
        return next(context);
    });
}
