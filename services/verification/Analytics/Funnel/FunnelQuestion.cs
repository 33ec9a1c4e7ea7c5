using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace FlashCall.Verification.Analytics.Funnel;

/// <summary>What is asked of the funnel.</summary>
internal sealed record FunnelQuestion
{
    /// <summary>What rows can be made by, in the order in which they are shown.</summary>
    public static readonly IReadOnlyList<string> Groups = ["hour", "day", "application", "purpose", "country", "prefix", "trunk"];

    /// <summary>The span of time.</summary>
    public required FunnelSpan Span { get; init; }

    /// <summary>The span that it is held against; null for none.</summary>
    public FunnelSpan? Before { get; init; }

    /// <summary>What rows are made by; none for one row of all.</summary>
    public ImmutableArray<string> GroupBy { get; init; } = [];

    /// <summary>The values that count, by what they are values of; all where nothing is said.</summary>
    public ImmutableSortedDictionary<string, string[]> Only { get; init; } = ImmutableSortedDictionary<string, string[]>.Empty;
}

/// <summary>Whole hours, by the time at which sessions began.</summary>
/// <param name="From">The first hour (UTC).</param>
/// <param name="To">The hour after the last (UTC).</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FunnelSpan(DateTimeOffset From, DateTimeOffset To)
{
    /// <summary>How long.</summary>
    public TimeSpan Length => To - From;
}
