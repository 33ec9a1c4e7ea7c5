using Npgsql;
using NpgsqlTypes;

namespace FlashCall.NumberPool.Numbers;

/// <summary>Runs as rows.</summary>
internal static class RunRows
{
    /// <summary>The columns, in the order in which they are read and written.</summary>
    public const string Columns =
        "first, last, trunk, country, tags, state, rests_until, rests, reason, changed_by, changed_at, first_slot";

    /// <summary>The states as they are spelt.</summary>
    public const string Active = "active", Resting = "resting", Retired = "retired";

    /// <summary>Reads the run at which the reader is; its columns come first.</summary>
    public static Run Read(NpgsqlDataReader reader) => new()
    {
        Numbers = new NumberSpan(reader.GetInt64(0), reader.GetInt64(1)),
        Trunk = reader.GetString(2),
        Country = reader.GetString(3),
        Tags = reader.GetFieldValue<string[]>(4),
        State = reader.GetString(5) switch
        {
            Active => new NumberState.Active(),
            Resting => new NumberState.Resting(reader.GetFieldValue<DateTimeOffset>(6)),
            Retired => new NumberState.Retired(),
            var other => throw new FormatException($"'{other}' is no state of a number."),
        },
        Rests = reader.GetInt32(7),
        Reason = reader.IsDBNull(8) ? null : reader.GetString(8),
        ChangedBy = reader.IsDBNull(9) ? null : reader.GetString(9),
        ChangedAt = reader.IsDBNull(10) ? null : reader.GetFieldValue<DateTimeOffset>(10),
        FirstSlot = reader.GetInt64(11),
    };

    /// <summary>Writes new runs.</summary>
    public static async Task WriteAsync(NpgsqlConnection connection, IEnumerable<Run> runs, CancellationToken cancellationToken)
    {
        await using var rows = await connection.BeginBinaryImportAsync($"copy runs ({Columns}) from stdin (format binary)", cancellationToken);
        foreach (var run in runs)
        {
            await rows.StartRowAsync(cancellationToken);
            await rows.WriteAsync(run.Numbers.First, NpgsqlDbType.Bigint, cancellationToken);
            await rows.WriteAsync(run.Numbers.Last, NpgsqlDbType.Bigint, cancellationToken);
            await rows.WriteAsync(run.Trunk, NpgsqlDbType.Text, cancellationToken);
            await rows.WriteAsync(run.Country, NpgsqlDbType.Text, cancellationToken);
            await rows.WriteAsync(run.Tags, NpgsqlDbType.Array | NpgsqlDbType.Text, cancellationToken);
            await rows.WriteAsync(NameOf(run.State), NpgsqlDbType.Text, cancellationToken);
            await WriteTimeAsync(rows, (run.State as NumberState.Resting)?.Until, cancellationToken);
            await rows.WriteAsync(run.Rests, NpgsqlDbType.Integer, cancellationToken);
            await WriteTextAsync(rows, run.Reason, cancellationToken);
            await WriteTextAsync(rows, run.ChangedBy, cancellationToken);
            await WriteTimeAsync(rows, run.ChangedAt, cancellationToken);
            await rows.WriteAsync(run.FirstSlot, NpgsqlDbType.Bigint, cancellationToken);
        }
        await rows.CompleteAsync(cancellationToken);
    }

    /// <summary>Writes a text that may be missing.</summary>
    public static Task WriteTextAsync(NpgsqlBinaryImporter rows, string? text, CancellationToken cancellationToken) => text is null
        ? rows.WriteNullAsync(cancellationToken)
        : rows.WriteAsync(text, NpgsqlDbType.Text, cancellationToken);

    /// <summary>Writes a time that may be missing.</summary>
    public static Task WriteTimeAsync(NpgsqlBinaryImporter rows, DateTimeOffset? time, CancellationToken cancellationToken) => time is null
        ? rows.WriteNullAsync(cancellationToken)
        : rows.WriteAsync(time.Value, NpgsqlDbType.TimestampTz, cancellationToken);

    /// <summary>A state as it is spelt.</summary>
    public static string NameOf(NumberState state) => state switch
    {
        NumberState.Active => Active,
        NumberState.Resting => Resting,
        NumberState.Retired => Retired,
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };
}
