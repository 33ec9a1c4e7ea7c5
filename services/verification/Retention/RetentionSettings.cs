using FlashCall.Hosting;

namespace FlashCall.Verification.Retention;

/// <summary>What becomes of sessions that ended long ago (<c>Retention</c>), read once at start.</summary>
internal sealed record RetentionSettings
{
    /// <summary>The section of the settings.</summary>
    public const string Section = "Retention";

    private const string Never = "never";

    private static readonly TimeSpan Shortest = TimeSpan.FromDays(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(36_500);

    /// <summary>How long after the end of a session its events move to the archive (<c>Retention:ArchiveAfter</c>): 1 day to 100 years, 90
    /// days by default, so that this month and the two before it, which are what is looked at, are where they always were. Null, written
    /// <c>never</c>: not at all.</summary>
    public TimeSpan? ArchiveAfter { get; init; } = TimeSpan.FromDays(90);

    /// <summary>How long after the end of a session what is a person's is taken out of it (<c>Retention:EraseAfter</c>): 1 day to 100 years.
    /// Null, written <c>never</c>, by default: what cannot be undone is for the operator to decide.</summary>
    public TimeSpan? EraseAfter { get; init; }

    /// <summary>Reads and checks the section; what is wrong goes to <paramref name="mistakes"/>.</summary>
    public static RetentionSettings Read(IConfiguration configuration, SettingsMistakes mistakes)
    {
        var section = configuration.GetSection(Section);
        mistakes.RefuseUnknown(section, nameof(ArchiveAfter), nameof(EraseAfter));
        var defaults = new RetentionSettings();
        return new RetentionSettings
        {
            ArchiveAfter = Age(section.GetSection(nameof(ArchiveAfter)), defaults.ArchiveAfter, mistakes),
            EraseAfter = Age(section.GetSection(nameof(EraseAfter)), defaults.EraseAfter, mistakes),
        };
    }

    private static TimeSpan? Age(IConfigurationSection setting, TimeSpan? otherwise, SettingsMistakes mistakes)
    {
        if (setting.Value is not { Length: > 0 } text)
            return otherwise;
        if (text.Equals(Never, StringComparison.OrdinalIgnoreCase))
            return null;
        if (Duration.TryParse(text, out var age) && age >= Shortest && age <= Longest)
            return age;
        mistakes.Add(setting.Path,
            $"is '{text}'. Give {Duration.Write(Shortest)} to {Duration.Write(Longest)} as d.hh:mm:ss, such as 90.00:00:00 for 90 days, or {Never}.");
        return otherwise;
    }
}
