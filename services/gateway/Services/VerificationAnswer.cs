using System.Text.Json;

namespace FlashCall.Gateway.Services;

/// <summary>What the verification service answered.</summary>
/// <param name="Status">The HTTP status, 200 to 599.</param>
/// <param name="Body">The JSON document: the resource, or a problem (RFC 9457). Undefined where there was none.</param>
internal sealed record VerificationAnswer(int Status, JsonElement Body)
{
    /// <summary>Whether it did what was asked.</summary>
    public bool IsSuccess => Status is >= 200 and <= 299;

    /// <summary>The stable code of a problem; null where the answer is none.</summary>
    public string? Code => !IsSuccess && Text("code") is { } code ? code : null;

    /// <summary>A field of text; null where the document has none of this name.</summary>
    public string? Text(string field) =>
        Body.ValueKind == JsonValueKind.Object && Body.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}

/// <summary>No replica of the verification service took the request, or the one that took it did not answer. What was asked may have been
/// done nevertheless, unless it was to look.</summary>
internal sealed class VerificationUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
