using System.Security.Cryptography;
using System.Text;
using FlashCall.Gateway.Services;
using FlashCall.Hosting;
using Npgsql;
using NpgsqlTypes;

namespace FlashCall.Gateway.Sinch;

/// <summary>
/// Lets an application give each reference once, over all replicas. Kept as hashes: a reference may be anything, a person's number too. One
/// that was taken for a session that never came about, since the gateway died in between, is free again after a while.
/// </summary>
internal sealed class References(NpgsqlDataSource data, VerificationClient verifications, TimeProvider time)
{
    /// <summary>How long a reference is taken.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(30);

    /// <summary>A start is over by then, one way or the other: a callback's answer and the service's take less.</summary>
    private static readonly TimeSpan StartsWithin = TimeSpan.FromMinutes(2);

    /// <summary>Takes a reference for a session that is to be started.</summary>
    /// <returns>False where another session has it.</returns>
    /// <exception cref="NpgsqlException">The database does not answer.</exception>
    /// <exception cref="VerificationUnavailableException">Whether there is a session that has it is not known.</exception>
    public async Task<bool> TryTakeAsync(string applicationId, string reference, Guid verificationId, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using (var insert = data.CreateCommand(
            """
            insert into sinch_references (application_id, reference, verification_id, taken_at) values ($1, $2, $3, $4)
            on conflict (application_id, reference) do nothing
            """))
        {
            AddKey(insert, applicationId, reference);
            insert.Parameters.Add(new() { Value = verificationId });
            insert.Parameters.Add(new() { Value = now, NpgsqlDbType = NpgsqlDbType.TimestampTz });
            if (await insert.ExecuteNonQueryAsync(cancellationToken) == 1)
                return true;
        }
        if (await HolderAsync(applicationId, reference, cancellationToken) is not var (holder, takenAt) || takenAt > now - StartsWithin)
            return false;
        if ((await verifications.GetAsync(applicationId, holder, cancellationToken)).Status != StatusCodes.Status404NotFound)
            return false;
        await using var replace = data.CreateCommand(
            """
            update sinch_references set verification_id = $3, taken_at = $4
            where application_id = $1 and reference = $2 and verification_id = $5
            """);
        AddKey(replace, applicationId, reference);
        replace.Parameters.Add(new() { Value = verificationId });
        replace.Parameters.Add(new() { Value = now, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        replace.Parameters.Add(new() { Value = holder });
        return await replace.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Gives a reference back whose session was refused.</summary>
    public async Task GiveBackAsync(string applicationId, string reference, Guid verificationId, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            "delete from sinch_references where application_id = $1 and reference = $2 and verification_id = $3");
        AddKey(command, applicationId, reference);
        command.Parameters.Add(new() { Value = verificationId });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<(Guid Holder, DateTimeOffset TakenAt)?> HolderAsync(
        string applicationId, string reference, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            "select verification_id, taken_at from sinch_references where application_id = $1 and reference = $2");
        AddKey(command, applicationId, reference);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetGuid(0), reader.GetFieldValue<DateTimeOffset>(1)) : null;
    }

    private static void AddKey(NpgsqlCommand command, string applicationId, string reference)
    {
        command.Parameters.Add(new() { Value = applicationId });
        command.Parameters.Add(new() { Value = SHA256.HashData(Encoding.UTF8.GetBytes(reference)), NpgsqlDbType = NpgsqlDbType.Bytea });
    }
}

/// <summary>Forgets references that were taken long ago.</summary>
internal sealed class OldReferences(NpgsqlDataSource data, TimeProvider time) : ISweep
{
    /// <inheritdoc/>
    public int BatchSize => 1000;

    /// <inheritdoc/>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            """
            delete from sinch_references where (application_id, reference) in (
                select application_id, reference from sinch_references where taken_at < $1 order by taken_at limit $2
                for update skip locked)
            """);
        command.Parameters.Add(new() { Value = time.GetUtcNow() - References.KeptFor, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = BatchSize, NpgsqlDbType = NpgsqlDbType.Integer });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
