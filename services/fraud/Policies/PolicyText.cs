using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlashCall.Fraud.Policies;

/// <summary>Writes a policy as JSON with every field, in one order: the same meaning is the same text, whatever spelling it was read
/// from.</summary>
internal static class PolicyText
{
    private static readonly JsonSerializerOptions Form = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DictionaryKeyPolicy = null,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        IgnoreReadOnlyProperties = true,
    };

    private static readonly JsonSerializerOptions Shown = new(Form) { WriteIndented = true, NewLine = "\n" };

    /// <summary>UTF-8 JSON without spaces.</summary>
    public static byte[] Write(PolicyDocument document) => JsonSerializer.SerializeToUtf8Bytes(document, Form);

    /// <summary>The same for people to read.</summary>
    public static string WriteIndented(PolicyDocument document) => JsonSerializer.Serialize(document, Shown);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="FormatException">It is not in this form: a later release wrote it.</exception>
    public static PolicyDocument Read(string text)
    {
        try
        {
            var document = JsonSerializer.Deserialize<PolicyDocument>(text, Form)
                ?? throw new FormatException("The document is null.");
            // Ids of applications are compared without regard to case, which JSON does not say.
            return document with
            {
                Destinations = document.Destinations with
                {
                    Applications = document.Destinations.Applications.WithComparers(StringComparer.OrdinalIgnoreCase),
                },
                Spend = document.Spend is null ? null : document.Spend with
                {
                    Applications = document.Spend.Applications.WithComparers(StringComparer.OrdinalIgnoreCase),
                },
            };
        }
        catch (JsonException exception)
        {
            throw new FormatException($"The document has fields of another type ({exception.Path}).", exception);
        }
    }
}
