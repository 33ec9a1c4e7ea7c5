using FlashCall.Hosting;

namespace FlashCall.Gateway;

/// <summary>What is wrong with the settings, collected so that an operator sees all of it at the first start.</summary>
internal sealed class SettingsMistakes
{
    private readonly List<SettingsException> _mistakes = [];

    /// <summary>Notes a wrong setting.</summary>
    /// <param name="path">The setting as configuration spells it: <c>Applications:0:Id</c>.</param>
    /// <param name="problem">What is wrong and what would be right; never the value, which may be a secret.</param>
    public void Add(string path, string problem) =>
        _mistakes.Add(new SettingsException("FLASHCALL_" + path.ToUpperInvariant().Replace(":", "__", StringComparison.Ordinal), problem));

    /// <summary>Notes a mistake that was found elsewhere.</summary>
    public void Add(SettingsException mistake) => _mistakes.Add(mistake);

    /// <summary>Refuses the settings if any of them is wrong.</summary>
    /// <exception cref="SettingsException">One line a mistake.</exception>
    public void ThrowIfAny()
    {
        if (_mistakes is [var first, .. var others])
        {
            var prefix = $"Setting {first.Setting} ";
            throw new SettingsException(
                first.Setting,
                string.Join('\n', [first.Message[prefix.Length..], .. others.Select(other => other.Message)]));
        }
    }
}
