using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Storage;
using Npgsql;

namespace FlashCall.Fraud.Blocks;

/// <summary>An entry of a list as the database has it.</summary>
/// <param name="Id">Names it.</param>
/// <param name="Entry">The entry.</param>
/// <param name="Application">The application it holds for; null for all.</param>
/// <param name="Reason">Why it is there.</param>
/// <param name="AddedAt">Since when (UTC).</param>
/// <param name="AddedBy">The application of the operator who put it there.</param>
internal sealed record StoredEntry(
    Guid Id, ListEntry Entry, string? Application, string Reason, DateTimeOffset AddedAt, string AddedBy);

/// <summary>The safe list and the block list.</summary>
internal sealed class ListStore(NpgsqlDataSource data)
{
    private const string Columns = "id, list, kind, subject, application_id, reason, expires_at, added_at, added_by";

    /// <summary>The entries, the newest first.</summary>
    /// <param name="subject">Only of this subject; null for all.</param>
    /// <param name="before">Only those with a lower id; null from the newest on.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<StoredEntry>> ListAsync(
        Subject? subject, Guid? before, int limit, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand($"""
            select {Columns} from list_entries
            where ($1::smallint = 0 or (kind = $1 and subject = $2)) and id < $3 order by id desc limit $4
            """);
        command.Parameters.AddRange((NpgsqlParameter[])
        [
            Parameters.Small(subject is { Kind: var kind } ? (int)kind : 0), Parameters.Text(subject?.Key), Parameters.Uuid(before ?? Guid.AllBitsSet),
            Parameters.Integer(limit),
        ]);
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>Puts an entry on a list; one of the same subject, list and application is replaced.</summary>
    public async Task<StoredEntry> PutAsync(StoredEntry entry, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand($"""
            insert into list_entries ({Columns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            on conflict (kind, subject, list, coalesce(application_id, '')) do update set reason = excluded.reason,
                expires_at = excluded.expires_at, added_at = excluded.added_at, added_by = excluded.added_by
            returning {Columns}
            """);
        command.Parameters.AddRange((NpgsqlParameter[])
        [
            Parameters.Uuid(entry.Id), Parameters.Small((int)entry.Entry.List), Parameters.Small((int)entry.Entry.Subject.Kind),
            Parameters.Text(entry.Entry.Subject.Key), Parameters.Text(entry.Application), Parameters.Text(entry.Reason),
            Parameters.Time(entry.Entry.ExpiresAt), Parameters.Time(entry.AddedAt), Parameters.Text(entry.AddedBy),
        ]);
        return (await ReadAsync(command, cancellationToken)).Single();
    }

    /// <summary>Takes an entry off its list.</summary>
    /// <returns>False if there is none.</returns>
    public async Task<bool> RemoveAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand("delete from list_entries where id = $1");
        command.Parameters.Add(Parameters.Uuid(id));
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    private static async Task<IReadOnlyList<StoredEntry>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var entries = new List<StoredEntry>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var entry = new ListEntry(
                (ListKind)reader.GetInt16(1), new Subject((SubjectKind)reader.GetInt16(2), reader.GetString(3)),
                reader.IsDBNull(6) ? null : reader.GetFieldValue<DateTimeOffset>(6));
            entries.Add(new StoredEntry(
                reader.GetGuid(0), entry, reader.IsDBNull(4) ? null : reader.GetString(4), reader.GetString(5),
                reader.GetFieldValue<DateTimeOffset>(7), reader.GetString(8)));
        }
        return entries;
    }
}
