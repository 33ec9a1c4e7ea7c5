using System.Runtime.InteropServices;
using Npgsql;

namespace FlashCall.Funnel;

/// <summary>
/// Keeps the generation that is read up to date. How far it is stands in the same database and moves in the same transaction, so that each
/// event counts once: whoever hands over events that are in it already, because it died, lost the lead or was overtaken by a rebuild,
/// changes nothing.
/// </summary>
/// <param name="data">The database of the event log.</param>
internal sealed class LiveFunnel(NpgsqlDataSource data)
{
    /// <summary>Serializes what moves the funnel on with the swap of generations; any constant that nothing else in this database
    /// uses.</summary>
    internal const long MoveLock = 0x464C_4153_4846_554E;

    private FunnelTables? _tables;

    /// <summary>Takes in a stretch of the event log.</summary>
    /// <param name="events">What happened in it, in order, with its place in the log.</param>
    /// <param name="upTo">Where the stretch ends.</param>
    /// <param name="cancellationToken">Cancels; then nothing was done.</param>
    public async Task TakeInAsync(IEnumerable<(long Place, FunnelEvent Event)> events, long upTo, CancellationToken cancellationToken)
    {
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var (generation, seq) = await LockAsync(connection, cancellationToken);
        if (upTo <= seq)
            return;
        var tables = _tables?.Generation == generation ? _tables : _tables = new FunnelTables(generation);
        await tables.TakeInAsync(
            connection, [.. events.Where(one => one.Place > seq).Select(static one => one.Event)], upTo, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Keeps all others from moving the funnel on until the transaction ends, and reads where it stands.</summary>
    internal static async Task<LivePlace> LockAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // A statement of its own: what follows has to see what the one before us committed.
        await using (var take = new NpgsqlCommand("select pg_advisory_xact_lock($1)", connection) { Parameters = { new() { Value = MoveLock } } })
            await take.ExecuteNonQueryAsync(cancellationToken);
        await using var read = new NpgsqlCommand("select generation, seq from funnel_generations where state = 'live'", connection);
        await using var reader = await read.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            throw new InvalidOperationException("The funnel has no live generation; the table funnel_generations was changed by hand.");
        return new LivePlace(reader.GetInt32(0), reader.GetInt64(1));
    }

    /// <summary>Where the generation that is read stands.</summary>
    /// <param name="Generation">Which it is.</param>
    /// <param name="Seq">The place in the event log up to which all is in it.</param>
    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct LivePlace(int Generation, long Seq);
}
