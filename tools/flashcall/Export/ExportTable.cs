using System.Text.Json;

namespace FlashCall.Cli.Export;

/// <summary>Makes rows out of the lines of the stream of events.</summary>
internal abstract class ExportTable
{
    /// <summary>The columns of each row, in order.</summary>
    public abstract IReadOnlyList<Column> Columns { get; }

    /// <summary>The time that a line is of, for whoever waits; null for one that says nothing but how far the stream is.</summary>
    public virtual string? PlaceOf(JsonElement line) => line.TryGetProperty("type", out _) ? Text(line, "storedAt") : null;

    /// <summary>Takes a line in.</summary>
    /// <param name="line">An event as the stream has it, or a row of the API.</param>
    /// <returns>The rows that are whole by it.</returns>
    public abstract IEnumerable<object?[]> Take(JsonElement line);

    /// <summary>The rows that are left when no event is.</summary>
    public abstract IEnumerable<object?[]> End();

    protected static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    protected static long? Whole(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt64() : null;

    protected static bool? Truth(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is (JsonValueKind.True or JsonValueKind.False)
            ? value.GetBoolean()
            : null;

    protected static DateTime? Time(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out var time)
            ? time.UtcDateTime
            : null;
}
