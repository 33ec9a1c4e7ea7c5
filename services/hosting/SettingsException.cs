namespace FlashCall.Hosting;

/// <summary>Settings are missing or wrong; the message has one line a mistake, which names the setting and says what would be
/// right.</summary>
public sealed class SettingsException : Exception
{
    /// <summary>One mistake.</summary>
    /// <param name="setting">The setting, as it is written in the environment (<see cref="SettingName.Of"/>).</param>
    /// <param name="problem">What is wrong and what would be right, as it goes on after the name: <c>is missing. Give …</c></param>
    public SettingsException(string setting, string problem)
        // A value that the problem quotes may hold line breaks.
        : base($"Setting {setting} {problem.ReplaceLineEndings(" ")}") => Setting = setting;

    internal SettingsException(IReadOnlyList<SettingsException> mistakes)
        : base(string.Join('\n', mistakes.Select(mistake => mistake.Message))) => Setting = mistakes[0].Setting;

    /// <summary>The setting, as it is written in the environment; the first one of several.</summary>
    public string Setting { get; }
}
