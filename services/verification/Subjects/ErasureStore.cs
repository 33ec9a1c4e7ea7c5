using System.Text.Json;
using FlashCall.Contracts;
using Npgsql;

namespace FlashCall.Verification.Subjects;

/// <summary>Erasures in PostgreSQL: what was asked for, how far it has come, and what was erased.</summary>
internal sealed class ErasureStore(NpgsqlDataSource data, SubjectHash subjects)
{
    /// <summary>The services that may hold a number, by their queues. The dialer keeps none.</summary>
    public static readonly string[] Services = [Queues.Fraud, Queues.NumberPool, Queues.Gateway];

    /// <summary>Finds what is kept by a number: each application in turn, since the index has them first.</summary>
    internal const string ByNumber =
        """
        with recursive applications as (
            (select application_id from verifications order by application_id limit 1)
            union all
            select (select later.application_id from verifications later where later.application_id > applications.application_id
                    order by later.application_id limit 1)
            from applications where applications.application_id is not null)
        """;

    private const string Columns =
        """
        e.id, e.subject, e.requested_at, e.requested_by, e.completed_at,
        (select json_agg(json_build_object('Service', service, 'What', what, 'Kept', kept, 'Rows', rows) order by service, what)::text
         from erasure_counts where erasure_id = e.id),
        (select array_agg(distinct service order by service) from erasure_parts where erasure_id = e.id and not answered)
        """;

    /// <summary>Begins to erase a number. One that is under way is found, and so is the last one where nothing came after it.</summary>
    public async Task<Guid> BeginAsync(PhoneNumber number, string applicationId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var subject = subjects.Of(number);
        await using var begin = data.CreateCommand(
            $"""
            {ByNumber},
            earlier as (
                select id, completed_at from erasures where subject = $1 order by id desc limit 1),
            needed as (
                select not exists (select from earlier where completed_at is null)
                    and (not exists (select from earlier) or exists (
                        select from applications a cross join lateral (
                            select from verifications v where v.application_id = a.application_id and v.callee = $3 limit 1) found)) as yes),
            begun as (
                insert into erasures (id, subject, number, requested_at, requested_by, round, due_at)
                select $2, $1, $3, $4, $5, 1, $4 from needed where yes
                on conflict (subject) where completed_at is null do nothing
                returning id),
            told as (
                insert into erasure_parts (erasure_id, part, service, sessions, round)
                select id, 0, service, '[]', 1 from begun cross join unnest($6::text[]) as service)
            select id from begun union all select id from earlier where not (select yes from needed)
            """);
        begin.Parameters.Add(new() { Value = subject });
        begin.Parameters.Add(new() { Value = Guid.CreateVersion7(now) });
        begin.Parameters.Add(new() { Value = number.E164 });
        begin.Parameters.Add(new() { Value = now });
        begin.Parameters.Add(new() { Value = applicationId });
        begin.Parameters.Add(new() { Value = Services });
        // Nothing is found where another request began one in this very moment: then it is there the next time.
        while (true)
        {
            if (await begin.ExecuteScalarAsync(cancellationToken) is Guid id)
                return id;
        }
    }

    /// <summary>An erasure; null where there is none of the id.</summary>
    public async Task<Erasure?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var find = data.CreateCommand($"select {Columns} from erasures e where e.id = $1");
        find.Parameters.Add(new() { Value = id });
        return (await ReadAsync(find, cancellationToken)).SingleOrDefault();
    }

    /// <summary>The erasures, the newest first.</summary>
    /// <param name="before">Only those before this one; null from the newest on.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">The request is gone.</param>
    public async Task<IReadOnlyList<Erasure>> ListAsync(Guid? before, int limit, CancellationToken cancellationToken)
    {
        await using var list = data.CreateCommand($"select {Columns} from erasures e where e.id < $1 order by e.id desc limit $2");
        list.Parameters.Add(new() { Value = before ?? Guid.AllBitsSet });
        list.Parameters.Add(new() { Value = limit });
        return await ReadAsync(list, cancellationToken);
    }

    /// <summary>Takes an erasure that is due; null where none is.</summary>
    /// <param name="now">The time (UTC).</param>
    /// <param name="until">When another replica may take it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<ClaimedErasure?> ClaimAsync(DateTimeOffset now, DateTimeOffset until, CancellationToken cancellationToken)
    {
        await using var claim = data.CreateCommand(
            """
            update erasures set due_at = $2
            where id = (select id from erasures where due_at <= $1 order by due_at limit 1 for update skip locked)
            returning id, number, requested_at, round, due_at
            """);
        claim.Parameters.Add(new() { Value = now });
        claim.Parameters.Add(new() { Value = until });
        await using var row = await claim.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken))
            return null;
        return PhoneNumber.TryParseKept(row.GetString(1), out var number)
            ? new ClaimedErasure(
                row.GetGuid(0), number, row.GetFieldValue<DateTimeOffset>(2), row.GetInt16(3), row.GetFieldValue<DateTimeOffset>(4))
            : throw new InvalidOperationException($"The erasure {row.GetGuid(0)} is of no number.");
    }

    /// <summary>Says when an erasure is to be looked at next, unless an answer or another replica has said so meanwhile.</summary>
    public async Task<bool> PutOffAsync(ClaimedErasure claimed, DateTimeOffset due, CancellationToken cancellationToken)
    {
        await using var put = data.CreateCommand("update erasures set due_at = $3 where id = $1 and due_at = $2");
        put.Parameters.Add(new() { Value = claimed.Id });
        put.Parameters.Add(new() { Value = claimed.Until });
        put.Parameters.Add(new() { Value = due });
        return await put.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>What services have not answered, a part of it.</summary>
    public async Task<IReadOnlyList<(string Service, EraseSubject Command)>> UnansweredAsync(
        ClaimedErasure claimed, int limit, CancellationToken cancellationToken)
    {
        await using var find = data.CreateCommand(
            """
            select service, part, sessions from erasure_parts where erasure_id = $1 and round = $2 and not answered
            order by part, service limit $3
            """);
        find.Parameters.Add(new() { Value = claimed.Id });
        find.Parameters.Add(new() { Value = claimed.Round });
        find.Parameters.Add(new() { Value = limit });
        var found = new List<(string, EraseSubject)>();
        await using var row = await find.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            found.Add((row.GetString(0), new EraseSubject
            {
                ErasureId = claimed.Id,
                Round = claimed.Round,
                Part = row.GetInt32(1),
                Number = claimed.Number,
                Sessions = JsonSerializer.Deserialize<IReadOnlyList<ErasedSession>>(row.GetString(2))!,
            }));
        }
        return found;
    }

    /// <summary>Takes a service's answer, once: a repeat, or one of the round before, changes nothing. When all have answered, the erasure is
    /// due at once.</summary>
    public async Task TakeAnswerAsync(SubjectErased answer, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var counts = answer.Erased.Select(static count => (What: count.Key, Kept: false, Rows: count.Value))
            .Concat(answer.Kept.Select(static count => (What: count.Key, Kept: true, Rows: count.Value))).ToList();
        await using var take = data.CreateCommand(
            """
            with taken as (
                update erasure_parts set answered = true
                where erasure_id = $1 and part = $2 and service = $3 and round = $4 and not answered
                returning erasure_id, service)
            insert into erasure_counts (erasure_id, service, what, kept, rows)
            select taken.erasure_id, taken.service, counted.what, counted.kept, counted.rows
            from taken cross join unnest($5::text[], $6::boolean[], $7::bigint[]) as counted (what, kept, rows)
            -- What is kept is the same each time that it is counted.
            on conflict (erasure_id, service, what, kept) do update set rows =
                case when excluded.kept then excluded.rows else erasure_counts.rows + excluded.rows end
            """);
        take.Parameters.Add(new() { Value = answer.ErasureId });
        take.Parameters.Add(new() { Value = answer.Part });
        take.Parameters.Add(new() { Value = answer.Service });
        take.Parameters.Add(new() { Value = (short)answer.Round });
        take.Parameters.Add(new() { Value = counts.Select(count => count.What).ToArray() });
        take.Parameters.Add(new() { Value = counts.Select(count => count.Kept).ToArray() });
        take.Parameters.Add(new() { Value = counts.Select(count => count.Rows).ToArray() });
        await take.ExecuteNonQueryAsync(cancellationToken);

        // In a transaction after the first: of two answers at once, the later one sees both.
        await using var wake = data.CreateCommand(
            """
            update erasures set due_at = $2
            where id = $1 and due_at > $2 and not exists (select from erasure_parts where erasure_id = $1 and not answered)
                and exists (select from erasure_parts where erasure_id = $1 and round = $3)
            """);
        wake.Parameters.Add(new() { Value = answer.ErasureId });
        wake.Parameters.Add(new() { Value = now });
        wake.Parameters.Add(new() { Value = (short)answer.Round });
        await wake.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Begins the second round: everybody is told again.</summary>
    public async Task BeginSecondRoundAsync(ClaimedErasure claimed, DateTimeOffset due, CancellationToken cancellationToken)
    {
        await using var begin = data.CreateCommand(
            """
            with erasure as (
                update erasures set round = 2, due_at = $3
                where id = $1 and due_at = $2 and round = 1 and not exists (
                    select from erasure_parts where erasure_id = $1 and not answered)
                returning id)
            update erasure_parts set round = 2, answered = false from erasure where erasure_id = erasure.id
            """);
        begin.Parameters.Add(new() { Value = claimed.Id });
        begin.Parameters.Add(new() { Value = claimed.Until });
        begin.Parameters.Add(new() { Value = due });
        await begin.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Ends an erasure: the number goes, and all that is needed no longer.</summary>
    /// <returns>Whether this call ended it.</returns>
    public async Task<bool> CompleteAsync(ClaimedErasure claimed, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var complete = data.CreateCommand(
            """
            with erasure as (
                update erasures set number = null, due_at = null, completed_at = $3
                where id = $1 and due_at = $2 and round = 2 and not exists (
                    select from erasure_parts where erasure_id = $1 and not answered)
                returning id),
            parts as (delete from erasure_parts using erasure where erasure_id = erasure.id)
            select count(*) from erasure
            """);
        complete.Parameters.Add(new() { Value = claimed.Id });
        complete.Parameters.Add(new() { Value = claimed.Until });
        complete.Parameters.Add(new() { Value = now });
        return (long)(await complete.ExecuteScalarAsync(cancellationToken))! == 1;
    }

    private static async Task<IReadOnlyList<Erasure>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var read = new List<Erasure>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            var isComplete = !await row.IsDBNullAsync(4, cancellationToken);
            var counts = await row.IsDBNullAsync(5, cancellationToken) ? [] : JsonSerializer.Deserialize<List<Count>>(row.GetString(5))!;
            read.Add(new Erasure
            {
                Id = row.GetGuid(0),
                Status = isComplete ? ErasureStatus.Complete : ErasureStatus.UnderWay,
                Subject = Convert.ToHexStringLower(row.GetFieldValue<byte[]>(1)),
                RequestedAt = row.GetFieldValue<DateTimeOffset>(2),
                RequestedBy = row.GetString(3),
                CompletedAt = isComplete ? row.GetFieldValue<DateTimeOffset>(4) : null,
                Erased = ByService(counts, kept: false),
                Kept = ByService(counts, kept: true),
                WaitsFor = isComplete ? null
                    : await row.IsDBNullAsync(6, cancellationToken) ? [] : row.GetFieldValue<string[]>(6),
            });
        }
        return read;
    }

    private static Dictionary<string, IReadOnlyDictionary<string, long>> ByService(List<Count> counts, bool kept) => counts
        .Where(count => count.Kept == kept && count.Rows > 0)
        .GroupBy(count => count.Service, StringComparer.Ordinal)
        .ToDictionary(
            service => service.Key,
            IReadOnlyDictionary<string, long> (service) =>
                service.ToDictionary(count => count.What, count => count.Rows, StringComparer.Ordinal),
            StringComparer.Ordinal);

    private sealed record Count(string Service, string What, bool Kept, long Rows);
}
