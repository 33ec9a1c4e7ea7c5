using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using PhoneNumbers;

namespace FlashCall.Contracts;

/// <summary>
/// A number of ours that a phone is rung from, in E.164 form. Which one it is, is the secret of the verification, and its last digits
/// are what the person types: <see cref="ToString"/> hides the tail, where <see cref="PhoneNumber"/> hides the middle.
/// </summary>
[JsonConverter(typeof(CallerIdJson))]
public sealed record CallerId
{
    private const int HiddenDigits = 5;

    private CallerId(string e164) => E164 = e164;

    /// <summary>The whole number: <c>+442079460123</c>. The code itself: it leaves the platform by the call alone until the session has ended.</summary>
    public string E164 { get; }

    /// <summary>The whole number as it is dialled within its own country, digits alone: <c>02079460123</c>. In a numbering plan that is
    /// not known, the digits of <see cref="E164"/>.</summary>
    public string National
    {
        get
        {
            try
            {
                var numbering = PhoneNumberUtil.GetInstance();
                return PhoneNumberUtil.NormalizeDigitsOnly(
                    numbering.Format(numbering.Parse(E164, defaultRegion: null), PhoneNumberFormat.NATIONAL));
            }
            catch (NumberParseException)
            {
                return E164[1..];
            }
        }
    }

    /// <summary>The number with its tail hidden: <c>+4420794•••••</c>. Fit for logs and errors.</summary>
    public string Masked => string.Concat(E164.AsSpan(0, E164.Length - HiddenDigits), new string('•', HiddenDigits));

    /// <summary>Reads a number in E.164 form: + and 7 to 15 digits, nothing between them.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out CallerId? callerId)
    {
        callerId = E164Text.IsWellFormed(text) ? new CallerId(text!) : null;
        return callerId is not null;
    }

    /// <summary>Reads a number that is known to be right.</summary>
    /// <exception cref="FormatException">The text is not in E.164 form.</exception>
    public static CallerId Parse(string text) =>
        TryParse(text, out var callerId)
            ? callerId
            : throw new FormatException("Not a caller ID in E.164 form: + and 7 to 15 digits, such as +442079460123.");

    /// <summary>The masked form.</summary>
    public override string ToString() => Masked;

    private sealed class CallerIdJson : JsonConverter<CallerId>
    {
        public override CallerId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            TryParse(reader.GetString(), out var callerId)
                ? callerId
                : throw new JsonException("Expected a caller ID in E.164 form: + and 7 to 15 digits.");

        public override void Write(Utf8JsonWriter writer, CallerId value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.E164);
    }
}
