using FlashCall.Funnel;

namespace FlashCall.Verification.Analytics.Funnel;

/// <summary>The answer of <c>GET /v1/analytics/funnel</c>.</summary>
internal sealed record FunnelView
{
    public required DateTimeOffset From { get; init; }

    public required DateTimeOffset To { get; init; }

    public DateTimeOffset? CompareFrom { get; init; }

    public DateTimeOffset? CompareTo { get; init; }

    public required IReadOnlyList<string> GroupBy { get; init; }

    /// <summary>Events that are stored and not counted yet.</summary>
    public required long Behind { get; init; }

    /// <summary>When the sums moved last.</summary>
    public required DateTimeOffset MovedAt { get; init; }

    /// <summary>How far off a time may be, as a share of it.</summary>
    public required double RelativeError { get; init; }

    public required IReadOnlyList<FunnelRowView> Rows { get; init; }
}

/// <summary>A row: the sums of a span, and those of the span before it with the differences.</summary>
internal sealed record FunnelRowView
{
    /// <summary>The values that it is of, by name.</summary>
    public required IReadOnlyDictionary<string, string> Group { get; init; }

    public required FunnelStepsView Figures { get; init; }

    public FunnelStepsView? Before { get; init; }

    /// <summary>Figures less those before; shares in percentage points / 100.</summary>
    public FunnelDifference? Difference { get; init; }
}

/// <summary>How far sessions came.</summary>
internal sealed record FunnelStepsView
{
    public required long Requested { get; init; }

    public required long Allowed { get; init; }

    public required long Leased { get; init; }

    public required long Dialled { get; init; }

    public required long Rang { get; init; }

    public required long Answered { get; init; }

    public required long Reported { get; init; }

    public required long Verified { get; init; }

    /// <summary>Verified of requested, 0 to 1; null where nothing was requested.</summary>
    public double? Conversion { get; init; }

    public TimesView? TimeToRing { get; init; }

    public TimesView? TimeToVerify { get; init; }

    /// <summary>Sessions that ended without proof, by how and why, the most frequent first.</summary>
    public required IReadOnlyList<FunnelReasonView> NotVerified { get; init; }

    /// <summary>What calls cost; null where it is not shown to whoever asks.</summary>
    public FunnelCostsView? Costs { get; init; }

    public static FunnelStepsView Of(FunnelCount count, bool withCosts)
    {
        var (requested, verified) = (count.Reached[0], count.Reached[7]);
        return new FunnelStepsView
        {
            Requested = requested,
            Allowed = count.Reached[1],
            Leased = count.Reached[2],
            Dialled = count.Reached[3],
            Rang = count.Reached[4],
            Answered = count.Reached[5],
            Reported = count.Reached[6],
            Verified = verified,
            Conversion = requested == 0 ? null : Math.Round((double)verified / requested, 6),
            TimeToRing = TimesView.Of(count.Ring),
            TimeToVerify = TimesView.Of(count.Verify),
            NotVerified =
            [
                .. count.Reasons.Where(static one => one.Outcome != FunnelOutcome.Verified)
                    .OrderByDescending(static one => one.Sessions).ThenBy(static one => one.Reason, StringComparer.Ordinal)
                    .Select(static one => new FunnelReasonView(one.Outcome, one.Reason, one.Sessions)),
            ],
            Costs = withCosts ? FunnelCostsView.Of(count, verified) : null,
        };
    }
}

/// <summary>How long it took, whole milliseconds.</summary>
/// <param name="P50">Half of the sessions took no longer.</param>
/// <param name="P95">95 % of them took no longer.</param>
internal sealed record TimesView(long P50, long P95)
{
    public static TimesView? Of(IReadOnlyDictionary<short, long> buckets) =>
        TimeBuckets.Quantile(0.5, buckets) is { } half && TimeBuckets.Quantile(0.95, buckets) is { } most
            ? new TimesView((long)Math.Round(half), (long)Math.Round(most))
            : null;
}

/// <summary>Sessions that ended so.</summary>
/// <param name="Outcome">How, as a session's status has it.</param>
/// <param name="Reason">Why, as a session's reason has it.</param>
/// <param name="Sessions">How many.</param>
internal sealed record FunnelReasonView(string Outcome, string Reason, long Sessions);

/// <summary>What answered calls cost.</summary>
/// <param name="BilledCalls">Calls that were answered.</param>
/// <param name="UnpricedCalls">Those of them whose price is not known; they are in no amount.</param>
/// <param name="Amounts">What the others cost, by currency.</param>
internal sealed record FunnelCostsView(long BilledCalls, long UnpricedCalls, IReadOnlyList<FunnelAmountView> Amounts)
{
    public static FunnelCostsView Of(FunnelCount count, long verified) => new(
        count.Reached[8], count.Reached[9],
        [
            .. count.CostMicros.Select(cost => new FunnelAmountView(
                cost.Key, cost.Value / 1_000_000m, verified == 0 ? null : Math.Round(cost.Value / 1_000_000m / verified, 6))),
        ]);
}

/// <summary>An amount.</summary>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Amount">In units of it.</param>
/// <param name="PerVerified">For each verified number; null where none is.</param>
internal sealed record FunnelAmountView(string Currency, decimal Amount, decimal? PerVerified);

/// <summary>What is more, or less where it is negative.</summary>
internal sealed record FunnelDifference
{
    public required long Requested { get; init; }

    public required long Allowed { get; init; }

    public required long Leased { get; init; }

    public required long Dialled { get; init; }

    public required long Rang { get; init; }

    public required long Answered { get; init; }

    public required long Reported { get; init; }

    public required long Verified { get; init; }

    /// <summary>Of the conversion; null where one of the two is missing.</summary>
    public double? Conversion { get; init; }

    public static FunnelDifference Of(FunnelStepsView now, FunnelStepsView before) => new()
    {
        Requested = now.Requested - before.Requested,
        Allowed = now.Allowed - before.Allowed,
        Leased = now.Leased - before.Leased,
        Dialled = now.Dialled - before.Dialled,
        Rang = now.Rang - before.Rang,
        Answered = now.Answered - before.Answered,
        Reported = now.Reported - before.Reported,
        Verified = now.Verified - before.Verified,
        Conversion = now.Conversion is { } one && before.Conversion is { } other ? Math.Round(one - other, 6) : null,
    };
}
