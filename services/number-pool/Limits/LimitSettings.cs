using FlashCall.Hosting;

namespace FlashCall.NumberPool.Limits;

/// <summary>The settings under <c>NumberPool:Limits</c>: how many caller IDs are given to one callee, to one client and in all.</summary>
/// <param name="Callee">Caller IDs for one phone; 5 at once and 10 an hour by default.</param>
/// <param name="Client">Caller IDs for one client, where it is known; 20 at once and 60 an hour by default.</param>
/// <param name="Pool">Caller IDs in all; 2,000 at once and 1,000,000 an hour by default.</param>
/// <param name="WrongReportCost">How many leases' worth a wrong report is charged to its client and to the pool, so that guessing slows
/// the guesser down; 0 to 1,000, 10 by default.</param>
internal sealed record LimitSettings(RateLimit Callee, RateLimit Client, RateLimit Pool, int WrongReportCost)
{
    /// <summary>What holds when nothing is set.</summary>
    public static readonly LimitSettings Default = new(new(5, 10), new(20, 60), new(2_000, 1_000_000), WrongReportCost: 10);

    /// <summary>As often as PostgreSQL's clock ticks in less than four ticks; beyond it an hour's share would be nothing.</summary>
    private const int Most = 1_000_000_000;

    /// <summary>Reads the settings.</summary>
    /// <param name="section"><c>NumberPool:Limits</c>.</param>
    /// <param name="mistakes">Takes what is wrong.</param>
    public static LimitSettings Read(IConfigurationSection section, SettingsMistakes mistakes)
    {
        mistakes.RefuseScalar(section, """a section, such as { "Callee": { "Burst": 5, "PerHour": 10 } }""");
        mistakes.RefuseUnknown(section, nameof(Callee), nameof(Client), nameof(Pool), nameof(WrongReportCost));
        return new LimitSettings(
            ReadLimit(section.GetSection(nameof(Callee)), Default.Callee, mistakes),
            ReadLimit(section.GetSection(nameof(Client)), Default.Client, mistakes),
            ReadLimit(section.GetSection(nameof(Pool)), Default.Pool, mistakes),
            mistakes.ReadNumber(section.GetSection(nameof(WrongReportCost)), Default.WrongReportCost, lowest: 0, highest: 1_000));
    }

    private static RateLimit ReadLimit(IConfigurationSection section, RateLimit otherwise, SettingsMistakes mistakes)
    {
        mistakes.RefuseScalar(section, """a section, such as { "Burst": 5, "PerHour": 10 }""");
        mistakes.RefuseUnknown(section, nameof(RateLimit.Burst), nameof(RateLimit.PerHour));
        return new RateLimit(
            mistakes.ReadNumber(section.GetSection(nameof(RateLimit.Burst)), otherwise.Burst, lowest: 1, highest: Most),
            mistakes.ReadNumber(section.GetSection(nameof(RateLimit.PerHour)), otherwise.PerHour, lowest: 1, highest: Most));
    }
}
