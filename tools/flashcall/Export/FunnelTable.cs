using System.Text.Json;

namespace FlashCall.Cli.Export;

/// <summary>A row for each hour, application, purpose, country, prefix and trunk, as the funnel has it.</summary>
internal sealed class FunnelTable : ExportTable
{
    private static readonly string[] Steps = ["requested", "allowed", "leased", "dialled", "rang", "answered", "reported", "verified"];

    public override IReadOnlyList<Column> Columns { get; } =
    [
        new("hour", ColumnKind.Time), new("application_id", ColumnKind.Text), new("purpose", ColumnKind.Text),
        new("country", ColumnKind.Text), new("prefix", ColumnKind.Text), new("trunk", ColumnKind.Text),
        .. Steps.Select(static step => new Column(step, ColumnKind.Whole)),
        new("ring_p50_ms", ColumnKind.Whole), new("ring_p95_ms", ColumnKind.Whole), new("verify_p50_ms", ColumnKind.Whole),
        new("verify_p95_ms", ColumnKind.Whole), new("billed_calls", ColumnKind.Whole), new("unpriced_calls", ColumnKind.Whole),
        new("cost", ColumnKind.Real), new("currency", ColumnKind.Text), new("costs", ColumnKind.Text), new("not_verified", ColumnKind.Text),
    ];

    public override string? PlaceOf(JsonElement line) => Text(line.GetProperty("group"), "hour");

    public override IEnumerable<object?[]> Take(JsonElement line)
    {
        var (group, figures) = (line.GetProperty("group"), line.GetProperty("figures"));
        var (ring, verify, costs) = (Part(figures, "timeToRing"), Part(figures, "timeToVerify"), Part(figures, "costs"));
        var amounts = costs is { } paid ? paid.GetProperty("amounts") : (JsonElement?)null;
        // Amounts of several currencies are no one amount.
        var only = amounts is { } all && all.GetArrayLength() == 1 ? all[0] : (JsonElement?)null;
        yield return
        [
            Time(group, "hour"), Text(group, "application"), Text(group, "purpose"), Text(group, "country"), Text(group, "prefix"),
            Text(group, "trunk"), .. Steps.Select(step => (object?)Whole(figures, step)),
            WholeOf(ring, "p50"), WholeOf(ring, "p95"), WholeOf(verify, "p50"), WholeOf(verify, "p95"),
            WholeOf(costs, "billedCalls"), WholeOf(costs, "unpricedCalls"), only?.GetProperty("amount").GetDouble(),
            only?.GetProperty("currency").GetString(), amounts?.GetRawText(), figures.GetProperty("notVerified").GetRawText(),
        ];
    }

    public override IEnumerable<object?[]> End() => [];

    private static JsonElement? Part(JsonElement element, string name) =>
        element.TryGetProperty(name, out var part) && part.ValueKind == JsonValueKind.Object ? part : null;

    private static long? WholeOf(JsonElement? element, string name) => element is { } part ? Whole(part, name) : null;
}
