using System.Text.Json;

namespace FlashCall.Cli.Export;

/// <summary>A row for each event.</summary>
internal sealed class EventTable : ExportTable
{
    public override IReadOnlyList<Column> Columns { get; } =
    [
        new("cursor", ColumnKind.Whole), new("verification_id", ColumnKind.Text), new("version", ColumnKind.Whole),
        new("type", ColumnKind.Text), new("at", ColumnKind.Time), new("stored_at", ColumnKind.Time), new("attempt_id", ColumnKind.Text),
        new("reason", ColumnKind.Text), new("trace_id", ColumnKind.Text), new("cause", ColumnKind.Text), new("data", ColumnKind.Text),
    ];

    public override IEnumerable<object?[]> Take(JsonElement line)
    {
        var data = line.GetProperty("data");
        yield return
        [
            Whole(line, "cursor"), Text(line, "verificationId"), Whole(line, "version"), Text(line, "type"), Time(data, "at"),
            Time(line, "storedAt"), Text(data, "attemptId"), Text(data, "reason"), Text(line, "traceId"), Text(line, "cause"),
            data.GetRawText(),
        ];
    }

    public override IEnumerable<object?[]> End() => [];
}
