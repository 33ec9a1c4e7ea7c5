using System.Text;
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
        var document = PolicyReader.Read(Encoding.UTF8.GetBytes(text), out var mistakes);
        return document
            ?? throw new FormatException(string.Join(" ", mistakes.Select(mistake => $"{mistake.Path} {mistake.Problem}")));
    }
}
