namespace FlashCall.Verification.Analytics.Funnel;

/// <summary>The sums of a row.</summary>
internal sealed class FunnelCount
{
    /// <summary>What a row without sessions has.</summary>
    public static readonly FunnelCount None = new();

    /// <summary>The counts, in the order of <see cref="FlashCall.Funnel.FunnelSums.Columns"/>.</summary>
    public long[] Reached { get; set; } = new long[FlashCall.Funnel.FunnelSums.Columns.Count];

    /// <summary>Sessions that ended, by how and why.</summary>
    public List<(string Outcome, string Reason, long Sessions)> Reasons { get; } = [];

    /// <summary>Sessions by the time to the first ring.</summary>
    public Dictionary<short, long> Ring { get; } = [];

    /// <summary>Sessions by the time to the proof.</summary>
    public Dictionary<short, long> Verify { get; } = [];

    /// <summary>What calls cost, in millionths, by currency.</summary>
    public SortedDictionary<string, long> CostMicros { get; } = new(StringComparer.Ordinal);
}
