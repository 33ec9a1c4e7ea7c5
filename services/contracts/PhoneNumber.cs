using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using PhoneNumbers;

namespace FlashCall.Contracts;

/// <summary>
/// A telephone number that can be assigned to a subscriber, in E.164 form (ITU-T E.164: a plus sign, then at most 15 digits).
/// <see cref="ToString"/> is masked so that a number cannot slip into a log, a trace or an error; <see cref="E164"/> is the number itself.
/// </summary>
[JsonConverter(typeof(PhoneNumberJson))]
public sealed record PhoneNumber
{
    private static readonly PhoneNumberUtil Numbering = PhoneNumberUtil.GetInstance();

    private const string ErasedText = "erased";

    // No calling code begins with another one (ITU-T E.164), so the first digits that are one are the number's: asked for with every call,
    // and reading the whole number costs a hundred times as much.
    private static readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> CallingCodes =
        Numbering.GetSupportedCallingCodes()
            .Select(code => string.Create(CultureInfo.InvariantCulture, $"+{code}"))
            .ToDictionary(code => code, StringComparer.Ordinal)
            .GetAlternateLookup<ReadOnlySpan<char>>();

    private PhoneNumber(string e164) => E164 = e164;

    /// <summary>Stands where a number was, once the person it belongs to was forgotten. No number equals it.</summary>
    public static PhoneNumber Erased { get; } = new(ErasedText);

    /// <summary>The whole number: <c>+46701234567</c>. Personal data: never write it to a log, a trace, a metric or an error.</summary>
    public string E164 { get; }

    /// <summary>The country of the number as ISO 3166-1 alpha-2 (<c>SE</c>), the calling code (<c>+979</c>) where no country has it, or
    /// <c>ZZ</c> for <see cref="Erased"/>.</summary>
    public string Region => E164 == ErasedText ? "ZZ"
        : Numbering.GetRegionCodeForNumber(Parsed) is { Length: 2 } region ? region : $"+{Parsed.CountryCode}";

    /// <summary>The country calling code with its plus sign: <c>+46</c>, or <c>+</c> for <see cref="Erased"/>.</summary>
    public string CallingCode => E164 == ErasedText ? "+" : CallingCodeOf(E164) ?? $"+{Parsed.CountryCode}";

    /// <summary>The number with its middle hidden, three digits at least: <c>+4670•••4567</c>, <c>+4520•••56</c>. Fit for logs and errors.</summary>
    public string Masked => MaskOf(E164);

    /// <summary>Hides the middle of a number in E.164 form, as <see cref="Masked"/> does.</summary>
    /// <param name="e164">The number, or what stands where one was erased. Of any other text nothing is shown.</param>
    public static string MaskOf(string e164) => e164.Length switch
    {
        _ when e164 == ErasedText => ErasedText,
        _ when !E164Text.IsWellFormed(e164) => "•••",
        >= 12 => string.Concat(e164.AsSpan(0, 5), "•••", e164.AsSpan(e164.Length - 4)),
        >= 10 => string.Concat(e164.AsSpan(0, 5), "•••", e164.AsSpan(e164.Length - 2)),
        _ => string.Concat(e164.AsSpan(0, 3), "•••"),
    };

    /// <summary>The country calling code that a number, or the leading part of one, begins with, with its plus sign; null where none is
    /// known.</summary>
    /// <param name="e164">The number or the part of it, from the plus sign on.</param>
    public static string? CallingCodeOf(string e164)
    {
        const int Longest = 4;
        for (var length = 2; length <= Math.Min(Longest, e164.Length); length++)
        {
            if (CallingCodes.TryGetValue(e164.AsSpan(0, length), out var code))
                return code;
        }
        return null;
    }

    private PhoneNumbers.PhoneNumber Parsed => Numbering.Parse(E164, defaultRegion: null);

    /// <summary>Whether national spellings of this region can be read.</summary>
    /// <param name="region">ISO 3166-1 alpha-2 in capitals, such as <c>SE</c>.</param>
    public static bool IsRegion(string region) => Numbering.GetSupportedRegions().Contains(region);

    /// <summary>
    /// Reads a number in any common spelling. Without <paramref name="defaultRegion"/> it has to be international
    /// (<c>+46…</c>, spaces and dashes allowed); with one, national spellings of that region are understood too.
    /// </summary>
    /// <param name="text">What a person or an app wrote.</param>
    /// <param name="number">The number, if the text names one that can be assigned.</param>
    /// <param name="defaultRegion">ISO 3166-1 alpha-2, or null.</param>
    /// <returns>False when the text is no number, or a number that no numbering plan assigns.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out PhoneNumber? number, string? defaultRegion = null)
    {
        number = null;
        // Longer than any spelling of 15 digits; the library would accept, and spend time on, up to 250 characters.
        if (text is null || text.Length > 32)
            return false;
        try
        {
            var parsed = Numbering.Parse(text, defaultRegion);
            if (parsed.HasExtension || !Numbering.IsValidNumber(parsed))
                return false;
            // Some plans have service numbers shorter than the shortest subscriber number (+98 9601); no message would take them.
            var e164 = Numbering.Format(parsed, PhoneNumberFormat.E164);
            number = E164Text.IsWellFormed(e164) ? new PhoneNumber(e164) : null;
            return number is not null;
        }
        catch (NumberParseException)
        {
            return false;
        }
    }

    /// <summary>Reads a number that may have been taken once, whether a numbering plan assigns it today or not: + and 7 to 15 digits,
    /// nothing between them. To look for what is kept of it, and not to ring it.</summary>
    public static bool TryParseKept([NotNullWhen(true)] string? text, [NotNullWhen(true)] out PhoneNumber? number)
    {
        number = E164Text.IsWellFormed(text) ? new PhoneNumber(text!) : null;
        return number is not null;
    }

    /// <summary>Reads a number that is known to be right, such as one in configuration.</summary>
    /// <exception cref="FormatException">The text is not a number that can be assigned.</exception>
    public static PhoneNumber Parse(string text, string? defaultRegion = null) =>
        TryParse(text, out var number, defaultRegion)
            ? number
            : throw new FormatException("Not a phone number that can be assigned. Write it in E.164: + and country code, such as +46701234567.");

    /// <summary>The masked form.</summary>
    public override string ToString() => Masked;

    /// <summary>E.164 text that was validated when the value was made: what one of our services wrote is not judged again by
    /// another's numbering plan, which may be older.</summary>
    private sealed class PhoneNumberJson : JsonConverter<PhoneNumber>
    {
        public override PhoneNumber Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.GetString() is { } text && (text == ErasedText || E164Text.IsWellFormed(text))
                ? new PhoneNumber(text)
                : throw new JsonException("Expected a phone number in E.164 form: + and 7 to 15 digits.");

        public override void Write(Utf8JsonWriter writer, PhoneNumber value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.E164);
    }
}
