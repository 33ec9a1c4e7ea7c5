using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using FlashCall.Gateway.Edge;

namespace FlashCall.Gateway.Sinch;

/// <summary>The JSON of the Sinch-compatible surface.</summary>
internal static class SinchJson
{
    /// <summary>
    /// Names in camelCase, read in any case: some client libraries write <c>flashcall</c> and some <c>flashCall</c>. Written without
    /// needless escapes, so that a receiver of callbacks that parses a body and writes it anew before it checks the signature has the
    /// same bytes.
    /// </summary>
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        AllowDuplicateProperties = false,
    };

    /// <summary>Reads a request's body, whatever it says its type is: client libraries of old say nothing of it.</summary>
    /// <returns>The document, or why there is none.</returns>
    /// <exception cref="BadHttpRequestException">The body is too large (413), or does not arrive.</exception>
    public static async ValueTask<(T? Document, SinchError? Wrong)> ReadAsync<T>(HttpContext context) where T : class
    {
        if (await WholeBody.ReadAsync(context) is not { Length: > 0 } body)
            return (null, new SinchError(SinchError.Request, "The request has no body. Send a JSON document."));
        try
        {
            return JsonSerializer.Deserialize<T>(body, Options) is { } document
                ? (document, null)
                : (null, new SinchError(SinchError.Request, "The body is null. Send a JSON document."));
        }
        catch (JsonException exception)
        {
            return exception.Path is { Length: > 2 } path && path.StartsWith("$.", StringComparison.Ordinal)
                ? (null, new SinchError(SinchError.Parameter, $"The field '{path[2..]}' has a value of the wrong type or form."))
                : (null, new SinchError(SinchError.Request, "The body is not a JSON document that this operation takes."));
        }
    }
}
