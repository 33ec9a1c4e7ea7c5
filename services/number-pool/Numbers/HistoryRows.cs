using Npgsql;
using NpgsqlTypes;

namespace FlashCall.NumberPool.Numbers;

/// <summary>What was done to numbers, one row for consecutive ones of a trunk that had the same done to them.</summary>
internal static class HistoryRows
{
    /// <summary>Kinds of changes as they are spelt.</summary>
    public const string Added = "added", Activated = "activated", Rested = "rested", Retired = "retired", Removed = "removed";

    /// <summary>Writes what was changed.</summary>
    /// <param name="connection">In the transaction of the change.</param>
    /// <param name="parts">In ascending order.</param>
    /// <param name="by">Who changed it.</param>
    /// <param name="at">When (UTC).</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task WriteAsync(
        NpgsqlConnection connection, IEnumerable<ChangedPart> parts, string by, DateTimeOffset at, CancellationToken cancellationToken)
    {
        await using var rows = await connection.BeginBinaryImportAsync(
            "copy history (first, last, trunk, change, rests_until, reason, changed_by, changed_at) from stdin (format binary)",
            cancellationToken);
        foreach (var (numbers, trunk, state, reason) in Merge(parts))
        {
            await rows.StartRowAsync(cancellationToken);
            await rows.WriteAsync(numbers.First, NpgsqlDbType.Bigint, cancellationToken);
            await rows.WriteAsync(numbers.Last, NpgsqlDbType.Bigint, cancellationToken);
            await rows.WriteAsync(trunk, NpgsqlDbType.Text, cancellationToken);
            await rows.WriteAsync(NameOf(state), NpgsqlDbType.Text, cancellationToken);
            await RunRows.WriteTimeAsync(rows, (state as NumberState.Resting)?.Until, cancellationToken);
            await rows.WriteAsync(reason, NpgsqlDbType.Text, cancellationToken);
            await rows.WriteAsync(by, NpgsqlDbType.Text, cancellationToken);
            await rows.WriteAsync(at, NpgsqlDbType.TimestampTz, cancellationToken);
        }
        await rows.CompleteAsync(cancellationToken);
    }

    private static IEnumerable<(NumberSpan Numbers, string Trunk, NumberState? State, string Reason)> Merge(IEnumerable<ChangedPart> parts)
    {
        (NumberSpan Numbers, string Trunk, NumberState? State, string Reason)? open = null;
        foreach (var part in parts)
        {
            var next = (part.Before.Numbers, part.Before.Trunk, part.After?.State, part.Reason);
            if (open is not { } last)
            {
                open = next;
            }
            else if (last.Numbers.Last + 1 == next.Numbers.First && last.Trunk == next.Trunk && last.State == next.State
                && last.Reason == next.Reason)
            {
                open = last with { Numbers = new NumberSpan(last.Numbers.First, next.Numbers.Last) };
            }
            else
            {
                yield return last;
                open = next;
            }
        }
        if (open is { } end)
            yield return end;
    }

    private static string NameOf(NumberState? state) => state switch
    {
        null => Removed,
        NumberState.Active => Activated,
        NumberState.Resting => Rested,
        NumberState.Retired => Retired,
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };
}
