using System.Buffers;
using System.Collections.Frozen;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using FlashCall.Contracts;

namespace FlashCall.EventLog;

/// <summary>
/// The one rule which fields of stored events are about a person, or are a code, and how they look to those who may not see them. A number
/// keeps its country and its end (<c>+4670•••4567</c>), a caller ID its beginning (<c>+4420794•••••</c>); what else a client told of a
/// person is gone. Texts lose the numbers that stand in them.
/// </summary>
public static partial class PersonalData
{
    private const string Hidden = "•••";
    private const int HiddenDigits = 5;

    /// <summary>Events that hold nothing to hide: no number, no word of a client's. Of any other, also one that this version does not know,
    /// every text is looked at.</summary>
    private static readonly FrozenSet<string> Harmless = FrozenSet.ToFrozenSet(
        [
            "risk_unavailable", "attempt_started", "attempt_failed", "call_not_placed", "call_rang", "call_ended", "news_overdue",
            "caller_id_withheld", "client_telemetry", "verification_succeeded", "verification_failed", "verification_errored",
            "verification_expired", "verification_cancelled", "verification_superseded",
        ],
        StringComparer.Ordinal);

    private static readonly JsonWriterOptions Writing = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <summary>Writes an event's JSON so that it can be shown to whoever may not see numbers.</summary>
    /// <param name="type">The event's name.</param>
    /// <param name="data">Its JSON in UTF-8, as it is stored.</param>
    /// <param name="output">Where it goes, in UTF-8; all that has nothing to hide as it stands.</param>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static void WriteMasked(string type, ReadOnlySpan<byte> data, IBufferWriter<byte> output)
    {
        if (Harmless.Contains(type))
        {
            output.Write(data);
            return;
        }
        using var writer = new Utf8JsonWriter(output, Writing);
        var reader = new Utf8JsonReader(data);
        var (field, inner) = ("", "");
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    var name = reader.GetString()!;
                    if (reader.CurrentDepth == 1)
                        (field, inner) = (name, "");
                    else if (reader.CurrentDepth == 2)
                        inner = name;
                    writer.WritePropertyName(Text(name));
                    break;
                case JsonTokenType.String:
                    writer.WriteStringValue(Shown(type, field, inner, reader.GetString()!));
                    break;
                case JsonTokenType.StartObject:
                    writer.WriteStartObject();
                    break;
                case JsonTokenType.EndObject:
                    writer.WriteEndObject();
                    break;
                case JsonTokenType.StartArray:
                    writer.WriteStartArray();
                    break;
                case JsonTokenType.EndArray:
                    writer.WriteEndArray();
                    break;
                default:
                    writer.WriteRawValue(reader.ValueSpan, skipInputValidation: true);
                    break;
            }
        }
    }

    /// <summary>The text with the end of each number in E.164 form hidden: whether it is a phone's or a code, it does not say.</summary>
    public static string Text(string text) => !text.Contains('+', StringComparison.Ordinal) ? text : Number().Replace(
        text, static number => string.Concat(number.ValueSpan[..^HiddenDigits], new string('•', HiddenDigits)));

    private static string Shown(string type, string field, string inner, string text) => (type, field, inner) switch
    {
        ("verification_requested", "to", _) => PhoneNumber.MaskOf(text),
        ("verification_requested", "reference" or "metadata", _) => Hidden,
        ("verification_requested", "client", "ip" or "deviceId" or "userAgent") => Hidden,
        ("caller_id_leased", "callerId", _) => CallerId.TryParse(text, out var callerId) ? callerId.Masked : Hidden,
        // The client was told it.
        ("caller_id_leased", "disclosedPrefix", _) => text,
        _ => Text(text),
    };

    [GeneratedRegex(@"\+[0-9]{7,15}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Number();
}
