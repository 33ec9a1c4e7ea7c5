using System.Globalization;

namespace FlashCall.Verification.Analytics.Funnel;

/// <summary>Puts the rows of spans side by side. Pure.</summary>
internal static class FunnelRows
{
    /// <summary>The rows of the answer, in the order of their groups. A row that only one of the spans has is held against nothing.</summary>
    /// <param name="question">What was asked.</param>
    /// <param name="reading">What was read.</param>
    /// <param name="withCosts">Whether costs are shown.</param>
    public static IReadOnlyList<FunnelRowView> Of(FunnelQuestion question, FunnelReading reading, bool withCosts)
    {
        var now = reading.Spans[0];
        var before = question.Before is { } span ? Shifted(question, reading.Spans[1], question.Span.From - span.From) : null;
        var keys = before is null ? now.Keys : now.Keys.Union(before.Keys, StringComparer.Ordinal);
        if (question.GroupBy.IsEmpty)
            keys = [""];
        return [.. keys.Order(StringComparer.Ordinal).Select(Row)];

        FunnelRowView Row(string key)
        {
            var figures = FunnelStepsView.Of(now.GetValueOrDefault(key, FunnelCount.None), withCosts);
            var earlier = before is null ? null : FunnelStepsView.Of(before.GetValueOrDefault(key, FunnelCount.None), withCosts);
            return new FunnelRowView
            {
                Group = FunnelFigures.Values(key).Zip(question.GroupBy).ToDictionary(
                    static pair => pair.Second, static pair => pair.First, StringComparer.Ordinal),
                Figures = figures,
                Before = earlier,
                Difference = earlier is null ? null : FunnelDifference.Of(figures, earlier),
            };
        }
    }

    /// <summary>Hours and days of the span before stand beside those that are as far from the beginning.</summary>
    private static IReadOnlyDictionary<string, FunnelCount> Shifted(
        FunnelQuestion question, IReadOnlyDictionary<string, FunnelCount> rows, TimeSpan by)
    {
        var (hour, day) = (question.GroupBy.IndexOf("hour"), question.GroupBy.IndexOf("day"));
        if (hour < 0 && day < 0)
            return rows;
        return rows.ToDictionary(
            row =>
            {
                var values = FunnelFigures.Values(row.Key);
                if (hour >= 0)
                    values[hour] = Moved(values[hour], "yyyy-MM-dd'T'HH':00:00Z'");
                if (day >= 0)
                    values[day] = Moved(values[day], "yyyy-MM-dd");
                return FunnelFigures.Key(values);
            },
            static row => row.Value, StringComparer.Ordinal);

        string Moved(string time, string form) =>
            (DateTimeOffset.ParseExact(time, form, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal) + by)
            .ToString(form, CultureInfo.InvariantCulture);
    }
}
