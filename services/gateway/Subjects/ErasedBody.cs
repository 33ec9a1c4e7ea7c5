using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlashCall.Contracts;

namespace FlashCall.Gateway.Subjects;

/// <summary>What was told, or is to be told, of a session whose person is forgotten: that it ended, and how, without whose it was. Pure.</summary>
internal static class ErasedBody
{
    private static readonly JsonSerializerOptions Form = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The body of a delivery without what is the person's.</summary>
    /// <param name="body">The JSON document of a webhook, or of a callback of the Sinch-compatible surface.</param>
    /// <returns>An empty document where it is neither.</returns>
    public static byte[] Of(byte[] body)
    {
        if (Read(body) is not { } document)
            return "{}"u8.ToArray();
        if (document["data"] is JsonObject session)
        {
            Erase(session, "to");
            Remove(session, "reference", "metadata", "transactionHash", "resultToken", "clientToken", "source");
        }
        if (document["identity"] is JsonObject identity)
        {
            Erase(identity, "endpoint");
            Remove(document, "reference", "custom", "source");
        }
        return JsonSerializer.SerializeToUtf8Bytes(document, Form);
    }

    private static JsonObject? Read(byte[] body)
    {
        try
        {
            return JsonNode.Parse(body) as JsonObject;
        }
        // What cannot be read cannot be cleaned: it goes whole, which is what the caller says.
        catch (JsonException)
        {
            return null;
        }
    }

    private static void Erase(JsonObject part, string field)
    {
        if (part.ContainsKey(field))
            part[field] = PhoneNumber.Erased.E164;
    }

    private static void Remove(JsonObject part, params ReadOnlySpan<string> fields)
    {
        foreach (var field in fields)
            part.Remove(field);
    }
}
