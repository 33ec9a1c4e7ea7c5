using FlashCall.Hosting;
using JasperFx;
using Marten;
using Npgsql;

namespace FlashCall.Verification.Storage;

/// <summary>Prepares the tables of events, which are Marten's, and then what the service's own scripts could not do before there were
/// any.</summary>
internal sealed class EventSchema(IDocumentStore store, NpgsqlDataSource data, TimeProvider time) : IPreparation
{
    /// <summary>Finds the events of a span of time.</summary>
    public const string TimeIndex = "mt_events_timestamp";

    /// <summary>Keeps a second preparation out; any constant that nothing else in this database uses.</summary>
    private const long IndexLock = 0x464C_4153_4849_4458;

    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMilliseconds(200);

    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        try
        {
            await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync(AutoCreate.CreateOrUpdate);
            await using var connection = await data.OpenConnectionAsync(cancellationToken);
            await ExecuteAsync(connection, "select archive_show()", cancellationToken);
            await IndexAsync(connection, cancellationToken);
        }
        catch (NpgsqlException exception)
        {
            throw new PreparationException($"Cannot prepare the event store: {exception.Message}", exception);
        }
    }

    /// <summary>Makes the index while sessions go on. One that was left unfinished, by a process that died over it, is made anew.</summary>
    private async Task IndexAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // Asked for again and again: whoever waited for the lock within a statement would be waited for by the index.
        while (!await IsAsync(connection, $"select pg_try_advisory_lock({IndexLock})", cancellationToken))
            await Task.Delay(TryAgainAfter, time, cancellationToken);
        try
        {
            const string Unfinished = $"select from pg_index where indexrelid = to_regclass('{TimeIndex}') and not indisvalid";
            if (await IsAsync(connection, $"select exists ({Unfinished})", cancellationToken))
                await ExecuteAsync(connection, $"drop index concurrently {TimeIndex}", cancellationToken);
            const string Make = $"create index concurrently if not exists {TimeIndex} on mt_events (timestamp) include (seq_id)";
            await ExecuteAsync(connection, Make, cancellationToken);
        }
        finally
        {
            await ExecuteAsync(connection, $"select pg_advisory_unlock({IndexLock})", CancellationToken.None);
        }
    }

    private static async Task<bool> IsAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var ask = new NpgsqlCommand(sql, connection);
        return (bool)(await ask.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        // An index on a large table takes as long as it takes.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
