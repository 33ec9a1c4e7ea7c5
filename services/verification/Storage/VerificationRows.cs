using System.Globalization;
using System.Text;
using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.Verification.Sessions;
using Marten;
using Npgsql;

namespace FlashCall.Verification.Storage;

/// <summary>The table with a row for each session: kept in the transaction of each step, read to look sessions up and to list
/// them.</summary>
internal sealed class VerificationRows(NpgsqlDataSource data)
{
    /// <summary>The unique index that holds an application to one live session for a number.</summary>
    public const string OneLivePerNumber = "verifications_one_live_per_number";

    /// <summary>The primary key.</summary>
    public const string Key = "verifications_key";

    /// <summary>Writes what steps changed of the sessions' rows, in their transaction. Most steps change nothing here.</summary>
    public static void Set(IDocumentSession session, IReadOnlyList<SessionStep> steps)
    {
        // One by one, each by the key: planned for a list, and for a table that has never been analysed, it would be read as a whole.
        foreach (var step in steps.Where(static step => step.Before is not null))
        {
            var status = SessionStatus.Of(step.After);
            if (step is { Before: not VerificationSession.Ended, After: VerificationSession.Ended ended })
                session.QueueSqlCommand("update verifications set status = ?, ended_at = ? where id = ?", status, ended.At, step.Id);
            else if (status != SessionStatus.Of(step.Before!))
                session.QueueSqlCommand("update verifications set status = ? where id = ?", status, step.Id);
        }
        var begun = steps.Where(static step => step.Before is null).Select(static step => step.After)
            // In the order of the index that two of them could meet in.
            .OrderBy(static state => state.Asked.ApplicationId, StringComparer.Ordinal)
            .ThenBy(static state => state.Asked.To.E164, StringComparer.Ordinal).ToList();
        if (begun.Count == 0)
            return;
        session.QueueSqlCommand(
            """
            insert into verifications (id, application_id, callee, reference, purpose, status, created_at, ended_at)
            select id, application_id, callee, reference, purpose, status, created_at, ended_at
            from unnest(?::uuid[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::timestamptz[], ?::timestamptz[])
                as begun (id, application_id, callee, reference, purpose, status, created_at, ended_at)
            """,
            begun.Select(static state => state.Id).ToArray(),
            begun.Select(static state => state.Asked.ApplicationId).ToArray(),
            begun.Select(static state => state.Asked.To.E164).ToArray(),
            begun.Select(static state => state.Asked.Reference is { Length: > 0 } given ? given : null).ToArray(),
            begun.Select(static state => PurposeName.Write(state.Asked.Purpose)).ToArray(),
            begun.Select(SessionStatus.Of).ToArray(),
            begun.Select(static state => state.Asked.At).ToArray(),
            begun.Select(static state => (state as VerificationSession.Ended)?.At).ToArray());
    }

    /// <summary>The sessions of an application that fit, newest first.</summary>
    /// <param name="applicationId">The application.</param>
    /// <param name="search">What they have to fit.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="cancellationToken">The request is gone.</param>
    public async Task<IReadOnlyList<VerificationRow>> ListAsync(
        string applicationId, VerificationSearch search, int count, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand();
        var sql = new StringBuilder(
            "select id, callee, reference, purpose, status, created_at, ended_at from verifications where application_id = $1");
        command.Parameters.Add(new() { Value = applicationId });
        // Only what was asked for is part of the statement, so that the planner sees which index fits.
        And("callee = $", search.To?.E164);
        And("reference = $", search.Reference);
        And("status = $", search.Status);
        And("purpose = $", search.Purpose);
        And("created_at >= $", search.CreatedFrom);
        And("created_at < $", search.CreatedTo);
        if (search.After is { } after)
        {
            sql.Append(CultureInfo.InvariantCulture,
                $" and (created_at, id) < (${command.Parameters.Count + 1}, ${command.Parameters.Count + 2})");
            command.Parameters.Add(new() { Value = after.CreatedAt });
            command.Parameters.Add(new() { Value = after.Id });
        }
        sql.Append(CultureInfo.InvariantCulture, $" order by created_at desc, id desc limit ${command.Parameters.Count + 1}");
        command.Parameters.Add(new() { Value = count });
        command.CommandText = sql.ToString();

        var rows = new List<VerificationRow>(count);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new VerificationRow
            {
                Id = reader.GetGuid(0),
                To = reader.GetString(1),
                Reference = await reader.IsDBNullAsync(2, cancellationToken) ? null : reader.GetString(2),
                Purpose = reader.GetString(3),
                Status = reader.GetString(4),
                CreatedAt = reader.GetFieldValue<DateTimeOffset>(5),
                EndedAt = await reader.IsDBNullAsync(6, cancellationToken) ? null : reader.GetFieldValue<DateTimeOffset>(6),
            });
        }
        return rows;

        void And(string condition, object? value)
        {
            if (value is null)
                return;
            command.Parameters.Add(new() { Value = value });
            sql.Append(" and ").Append(condition).Append(CultureInfo.InvariantCulture, $"{command.Parameters.Count}");
        }
    }
}

/// <summary>A session as the list shows it: where it stands, without what happened.</summary>
internal sealed record VerificationRow
{
    public required Guid Id { get; init; }

    public required string Status { get; init; }

    /// <summary>The number in E.164.</summary>
    public required string To { get; init; }

    public required string Purpose { get; init; }

    public string? Reference { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Says nothing of the number.</summary>
    public override string ToString() => $"{Id} {Status}";
}

/// <summary>Which sessions are asked for; what is null does not matter.</summary>
internal sealed record VerificationSearch
{
    public PhoneNumber? To { get; init; }

    public string? Reference { get; init; }

    public string? Status { get; init; }

    public string? Purpose { get; init; }

    /// <summary>Begun then or later (UTC).</summary>
    public DateTimeOffset? CreatedFrom { get; init; }

    /// <summary>Begun before (UTC).</summary>
    public DateTimeOffset? CreatedTo { get; init; }

    /// <summary>Older than this one.</summary>
    public VerificationPlace? After { get; init; }
}
