using Microsoft.Extensions.Configuration;

namespace FlashCall.Hosting;

/// <summary>What is wrong with a section of the settings, collected so that an operator is told all of it at once.</summary>
/// <param name="section">The section, such as <c>Fraud</c>.</param>
public sealed class SettingsMistakes(string section)
{
    private readonly List<string> _mistakes = [];

    /// <summary>Adds a mistake.</summary>
    /// <param name="setting">The setting's full path, such as <c>Fraud:Thresholds:Block</c>.</param>
    /// <param name="problem">What is wrong and what would be right, as it goes on after the path: <c>is 'high'. Give ….</c></param>
    public void Add(string setting, string problem) => _mistakes.Add($"{setting} {problem}");

    /// <summary>A misspelt setting would otherwise be the default, unnoticed.</summary>
    /// <param name="parent">A section.</param>
    /// <param name="known">The names that it may hold.</param>
    public void RefuseUnknown(IConfigurationSection parent, params string[] known)
    {
        foreach (var child in parent.GetChildren().Where(child => !known.Contains(child.Key, StringComparer.OrdinalIgnoreCase)))
            Add(child.Path, $"is no setting. Known here: {string.Join(", ", known)}.");
    }

    /// <summary>Ends the reading of the section.</summary>
    /// <exception cref="SettingsException">There were mistakes; the message lists them.</exception>
    public void ThrowIfAny()
    {
        if (_mistakes.Count > 0)
            throw new SettingsException(section, "is wrong: " + string.Join(" ", _mistakes));
    }
}
