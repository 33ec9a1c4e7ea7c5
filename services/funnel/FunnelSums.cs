namespace FlashCall.Funnel;

/// <summary>Sums by cell, or what changes in them: a session that moved on is taken out as it was and added as it is. Pure.</summary>
internal sealed class FunnelSums
{
    /// <summary>What is counted of sessions, in the order of <see cref="Hours"/>.</summary>
    public static readonly IReadOnlyList<string> Columns =
    [
        "requested", "allowed", "leased", "dialled", "rang", "answered", "reported", "verified", "billed_calls", "unpriced_calls",
    ];

    /// <summary>How many sessions came how far, and their calls.</summary>
    public Dictionary<FunnelCell, long[]> Hours { get; } = [];

    /// <summary>Sessions that ended, by how and why; the reason is empty where there is none.</summary>
    public Dictionary<(FunnelCell Cell, string Outcome, string Reason), long> Reasons { get; } = [];

    /// <summary>Sessions by the time that a step (<c>ring</c>, <c>verify</c>) took, in <see cref="TimeBuckets"/>.</summary>
    public Dictionary<(FunnelCell Cell, string Step, short Bucket), long> Times { get; } = [];

    /// <summary>What calls cost, in millionths of the currency.</summary>
    public Dictionary<(FunnelCell Cell, string Currency), long> Costs { get; } = [];

    /// <summary>Notes that a session is now another.</summary>
    /// <param name="before">What it was; null for a new one.</param>
    /// <param name="after">What it is.</param>
    public void Change(FunnelFacts? before, FunnelFacts after)
    {
        if (before is not null)
            Add(before, -1);
        Add(after, 1);
    }

    /// <summary>Leaves out what adds up to nothing.</summary>
    public void Trim()
    {
        foreach (var (cell, counts) in Hours)
        {
            if (Array.TrueForAll(counts, static count => count == 0))
                Hours.Remove(cell);
        }
        Trim(Reasons);
        Trim(Times);
        Trim(Costs);
    }

    private static void Trim<TKey>(Dictionary<TKey, long> sums) where TKey : notnull
    {
        foreach (var (key, sum) in sums)
        {
            if (sum == 0)
                sums.Remove(key);
        }
    }

    private void Add(FunnelFacts facts, int sign)
    {
        var cell = FunnelCell.Of(facts);
        if (!Hours.TryGetValue(cell, out var counts))
            Hours.Add(cell, counts = new long[Columns.Count]);
        ReadOnlySpan<int> reached =
        [
            1, One(facts.Allowed), One(facts.Leased), One(facts.Dialled), One(facts.Rang), One(facts.Answered), One(facts.Reported),
            One(facts.Verified), facts.BilledCalls, facts.UnpricedCalls,
        ];
        for (var column = 0; column < counts.Length; column++)
            counts[column] += sign * reached[column];

        if (facts.Outcome is { } outcome)
            Add(Reasons, (cell, outcome, facts.Reason ?? ""), sign);
        if (facts.RingMs is { } ring)
            Add(Times, (cell, "ring", TimeBuckets.Of(ring)), sign);
        if (facts.VerifyMs is { } verify)
            Add(Times, (cell, "verify", TimeBuckets.Of(verify)), sign);
        if (facts.CostMicros != 0)
            Add(Costs, (cell, facts.Currency), sign * facts.CostMicros);
    }

    private static void Add<TKey>(Dictionary<TKey, long> sums, TKey key, long change) where TKey : notnull
    {
        sums.TryGetValue(key, out var sum);
        sums[key] = sum + change;
    }

    private static int One(bool reached) => reached ? 1 : 0;
}
