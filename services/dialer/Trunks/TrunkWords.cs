using System.Text.Json;
using FlashCall.Sip;

namespace FlashCall.Dialer.Trunks;

/// <summary>How the values of an enum are spelt in documents: in snake_case.</summary>
internal sealed class TrunkWords<T>
    where T : struct, Enum
{
    private readonly Dictionary<string, T> _values = Enum.GetValues<T>().ToDictionary(Spell, StringComparer.Ordinal);
    private readonly Dictionary<T, string> _words = Enum.GetValues<T>().ToDictionary(value => value, Spell);

    /// <summary>All of them, for the text of an error.</summary>
    public string All => string.Join(", ", _values.Keys);

    /// <summary>The value; null for no word, or one that is none of them.</summary>
    public T? Read(string? word) => word is not null && _values.TryGetValue(word, out var value) ? value : null;

    /// <summary>The value that is written down; the usual one where none is.</summary>
    /// <exception cref="FormatException">It is a word of a later release.</exception>
    public T ReadOr(string? word, T usual) =>
        word is null ? usual : Read(word) ?? throw new FormatException($"'{word}' is none of: {All}.");

    /// <summary>The word.</summary>
    public string Write(T value) => _words[value];

    private static string Spell(T value) => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}

/// <summary>The enums of a trunk as they are spelt.</summary>
internal static class TrunkWords
{
    /// <summary>udp, tcp, tls.</summary>
    public static readonly TrunkWords<SipTransportKind> Transports = new();

    /// <summary>e164, e164_without_plus, national.</summary>
    public static readonly TrunkWords<CallerIdFormat> CallerIdFormats = new();

    /// <summary>active, draining.</summary>
    public static readonly TrunkWords<TrunkState> States = new();

    /// <summary>settings, api.</summary>
    public static readonly TrunkWords<TrunkOrigin> Origins = new();
}
