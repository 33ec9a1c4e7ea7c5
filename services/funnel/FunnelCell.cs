using System.Runtime.InteropServices;

namespace FlashCall.Funnel;

/// <summary>What sums are kept by.</summary>
/// <param name="Hour">The hour that sessions began in (UTC).</param>
/// <param name="ApplicationId">The application.</param>
/// <param name="Purpose">The purpose as the API spells it.</param>
/// <param name="Country">Where calls go.</param>
/// <param name="Prefix">How numbers begin.</param>
/// <param name="Trunk">The trunk; empty for sessions that came to none.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FunnelCell(
    DateTimeOffset Hour, string ApplicationId, string Purpose, string Country, string Prefix, string Trunk)
{
    /// <summary>The cell that a session is counted in.</summary>
    public static FunnelCell Of(FunnelFacts facts) => new(
        facts.RequestedAt.AddTicks(-(facts.RequestedAt.Ticks % TimeSpan.TicksPerHour)), facts.ApplicationId, facts.Purpose, facts.Country,
        facts.Prefix, facts.Trunk);
}
