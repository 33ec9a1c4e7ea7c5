using System.Security.Cryptography;
using System.Text.RegularExpressions;
using FlashCall.Gateway.Applications;
using FlashCall.Hosting;

namespace FlashCall.Gateway.Access;

/// <summary>
/// Reads the applications from the settings: <c>Applications:0:Id</c>, <c>:Name</c>, <c>:KeyHashes:0</c>, <c>:Scopes:0</c> and so on.
/// </summary>
internal static partial class ApplicationSettings
{
    private const int LongestName = 100;

    /// <summary>The applications, as far as they can be read; what is wrong with them goes to <paramref name="mistakes"/>.</summary>
    public static IReadOnlyList<Application> Read(IConfigurationSection section, SettingsMistakes mistakes)
    {
        var applications = new List<Application>();
        var hashes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in section.GetChildren())
        {
            mistakes.RefuseUnknown(entry, "Id", "Name", "KeyHashes", "Scopes");
            var id = entry["Id"] ?? "";
            if (!IdForm().IsMatch(id))
                mistakes.Add(entry.Path + ":Id", "is not an application's id: 1 to 64 of the characters a-z, 0-9, '-' and '_'.");
            else if (applications.Exists(other => other.Id == id))
                mistakes.Add(entry.Path + ":Id", $"is '{id}', which another application has. Give each its own.");

            var name = entry["Name"] ?? "";
            if (string.IsNullOrWhiteSpace(name) || name.Length > LongestName)
                mistakes.Add(entry.Path + ":Name", $"is missing or longer than {LongestName} characters. Give a name for people to read.");

            applications.Add(new Application
            {
                Id = id,
                Name = name,
                Keys =
                [
                    .. KeyHashes(entry.GetSection("KeyHashes"), hashes, mistakes)
                        .Select(hash => new ApplicationKey(Guid.CreateVersion7(), hash, SigningSecret: null, ExpiresAt: null)),
                ],
                Scopes = ScopesOf(entry.GetSection("Scopes"), mistakes),
            });
        }
        if (applications.Count == 0)
            mistakes.Add(section.Path + ":0:Id", "is missing. Give at least one application, with Id, Name, KeyHashes and Scopes.");
        return applications;
    }

    private static List<byte[]> KeyHashes(IConfigurationSection section, HashSet<string> seen, SettingsMistakes mistakes)
    {
        var hashes = new List<byte[]>();
        foreach (var entry in section.GetChildren())
        {
            // Secret files often end with a line break.
            var text = entry.Value?.Trim() ?? "";
            if (text.StartsWith(ApplicationDirectory.KeyPrefix, StringComparison.Ordinal))
                mistakes.Add(entry.Path, "is the API key itself. Give its SHA-256 in hexadecimal, which gives no key away.");
            else if (!HashForm().IsMatch(text))
                mistakes.Add(entry.Path, $"is not a SHA-256 in hexadecimal: {SHA256.HashSizeInBytes * 2} of the characters 0-9 and a-f.");
            else if (!seen.Add(text))
                mistakes.Add(entry.Path, "is the hash of a key that is listed already. A key belongs to one application, once.");
            else
                hashes.Add(Convert.FromHexString(text));
        }
        if (!section.GetChildren().Any())
            mistakes.Add(section.Path + ":0", "is missing. Give the SHA-256 of the application's API key in hexadecimal.");
        return hashes;
    }

    private static List<string> ScopesOf(IConfigurationSection section, SettingsMistakes mistakes)
    {
        var scopes = new List<string>();
        foreach (var entry in section.GetChildren())
        {
            if (entry.Value is { } scope && Scopes.All.Contains(scope))
                scopes.Add(scope);
            else
                mistakes.Add(entry.Path, $"is not a scope. The scopes are: {string.Join(", ", Scopes.All)}.");
        }
        if (!section.GetChildren().Any())
            mistakes.Add(section.Path + ":0", $"is missing. Give what the application may do, of: {string.Join(", ", Scopes.All)}.");
        return scopes;
    }

    [GeneratedRegex("^[a-z0-9_-]{1,64}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex IdForm();

    [GeneratedRegex("^[0-9a-f]{64}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex HashForm();
}
