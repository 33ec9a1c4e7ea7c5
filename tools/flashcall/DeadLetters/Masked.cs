using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace FlashCall.Cli.DeadLetters;

/// <summary>Hides telephone numbers. Phones and caller IDs look alike in a message, so the end of each is hidden, which of a caller ID is
/// the code.</summary>
internal static partial class Masked
{
    private const int HiddenDigits = 5;

    /// <summary>The text with <c>+4420794•••••</c> for each number in E.164 form.</summary>
    public static string Text(string text) => Number().Replace(
        text, number => string.Concat(number.ValueSpan[..^HiddenDigits], new string('•', HiddenDigits)));

    /// <summary>A copy with all texts masked.</summary>
    public static JsonNode? Copy(JsonNode? node) => node switch
    {
        JsonObject document => new JsonObject(document.Select(member => KeyValuePair.Create(Text(member.Key), Copy(member.Value)))),
        JsonArray array => new JsonArray([.. array.Select(Copy)]),
        JsonValue value when value.TryGetValue<string>(out var text) => JsonValue.Create(Text(text)),
        null => null,
        _ => node.DeepClone(),
    };

    [GeneratedRegex(@"\+[0-9]{7,15}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Number();
}
