using System.Globalization;

namespace FlashCall.Gateway.Sinch;

/// <summary>
/// What a session of the Sinch-compatible surface carries in its metadata: which key it was started with, and the client's <c>custom</c>
/// text. That may be eight times as long as a value of metadata, so it is kept in parts.
/// </summary>
internal static class SinchNotes
{
    /// <summary>The longest <c>custom</c>, characters (UTF-16).</summary>
    public const int LongestCustom = 4096;

    private const string Key = "sinch.key";
    private const string CustomPart = "sinch.custom.";
    private const int LongestPart = 512;

    /// <summary>The metadata of a session.</summary>
    /// <param name="keyId">The key of the application that it is started with.</param>
    /// <param name="custom">The client's text; null for none.</param>
    public static Dictionary<string, string> Write(Guid keyId, string? custom)
    {
        var notes = new Dictionary<string, string>(StringComparer.Ordinal) { [Key] = keyId.ToString() };
        for (var (at, part) = (0, 0); at < (custom?.Length ?? 0); part++)
        {
            var length = Math.Min(LongestPart, custom!.Length - at);
            // Half of a character outside the basic plane is no text.
            if (at + length < custom.Length && char.IsHighSurrogate(custom[at + length - 1]))
                length--;
            notes[CustomPart + part.ToString(CultureInfo.InvariantCulture)] = custom.Substring(at, length);
            at += length;
        }
        return notes;
    }

    /// <summary>The key that a session was started with; null where it did not come over this surface.</summary>
    public static Guid? KeyOf(IReadOnlyDictionary<string, string>? metadata) =>
        metadata?.TryGetValue(Key, out var text) == true && Guid.TryParse(text, out var keyId) ? keyId : null;

    /// <summary>The client's text; null for none.</summary>
    public static string? CustomOf(IReadOnlyDictionary<string, string>? metadata)
    {
        var parts = new List<string>();
        while (metadata?.TryGetValue(CustomPart + parts.Count.ToString(CultureInfo.InvariantCulture), out var part) == true)
            parts.Add(part);
        return parts.Count == 0 ? null : string.Concat(parts);
    }
}
