using System.Text.Json;
using FlashCall.Contracts;

namespace FlashCall.Hosting;

/// <summary>Purposes as the API spells them: <c>lead_validation</c>.</summary>
public static class PurposeName
{
    private static readonly Dictionary<string, Purpose> ByName =
        Enum.GetValues<Purpose>().ToDictionary(Write, StringComparer.Ordinal);

    /// <summary>All of them, for the text of an error.</summary>
    public static string All { get; } = string.Join(", ", ByName.Keys);

    /// <summary>The purpose of this name; null if there is none.</summary>
    public static Purpose? Read(string name) => ByName.TryGetValue(name, out var purpose) ? purpose : null;

    /// <summary>The name of a purpose.</summary>
    public static string Write(Purpose purpose) => JsonNamingPolicy.SnakeCaseLower.ConvertName(purpose.ToString());
}
