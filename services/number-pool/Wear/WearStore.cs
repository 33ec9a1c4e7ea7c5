using System.Globalization;
using FlashCall.NumberPool.Numbers;
using Npgsql;
using NpgsqlTypes;

namespace FlashCall.NumberPool.Wear;

/// <summary>Wear in PostgreSQL. All of it is read and written under the lock of the inventory, by one at a time.</summary>
internal static class WearStore
{
    /// <summary>Takes the oldest outcomes away.</summary>
    /// <param name="connection">In the transaction that adds them to wear.</param>
    /// <param name="limit">As many at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>In the order in which they were written down.</returns>
    public static async Task<List<Outcome>> TakeAsync(NpgsqlConnection connection, int limit, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            with taken as (
                delete from outcomes where id in (select id from outcomes order by id limit $1)
                returning id, number, trunk, destination, rang, answered, blocked, reported, verified, at)
            select number, trunk, destination, rang, answered, blocked, reported, verified, at from taken order by id
            """, connection)
        {
            Parameters = { new() { Value = limit, NpgsqlDbType = NpgsqlDbType.Integer } },
        };
        var outcomes = new List<Outcome>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            outcomes.Add(new Outcome(
                new CallPath(reader.GetInt64(0), new PeerKey(reader.GetString(1), reader.GetString(2))),
                reader.GetFieldValue<DateTimeOffset>(8),
                rang: reader.GetBoolean(3), answered: reader.GetBoolean(4), blocked: reader.GetBoolean(5), reported: reader.GetBoolean(6),
                verified: reader.GetBoolean(7)));
        }
        return outcomes;
    }

    /// <summary>Opens the book at the pages that the outcomes need. One round trip.</summary>
    public static async Task ReadAsync(
        NpgsqlConnection connection, WearBook book, IReadOnlyCollection<Outcome> outcomes, CancellationToken cancellationToken)
    {
        CallPath[] paths = [.. outcomes.Select(outcome => outcome.Path).Distinct()];
        PeerKey[] groups = [.. paths.Select(path => path.Group).SelectMany(group => (PeerKey[])[group, group.WholeTrunk]).Distinct()];
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new(
            """
            select wanted.number, run.state, run.rests_until, run.rests, e.against - e.in_favour, e.trials, e.verified, e.peers, e.since
            from unnest($1::bigint[]) as wanted (number)
            cross join lateral (select * from runs where first <= wanted.number order by first desc limit 1) as run
            left join evidence e on e.number = wanted.number
            where run.last >= wanted.number
            """)
        {
            Parameters = { Array(paths.Select(path => path.Number).Distinct()) },
        });
        batch.BatchCommands.Add(new(
            """
            select number, trunk, destination, recent
            from wear join unnest($1::bigint[], $2::text[], $3::text[]) as wanted (number, trunk, destination)
                using (number, trunk, destination)
            """)
        {
            Parameters =
            {
                Array(paths.Select(path => path.Number)), Trunks(paths.Select(path => path.Group)),
                Destinations(paths.Select(path => path.Group)),
            },
        });
        batch.BatchCommands.Add(new(
            """
            select trunk, destination, coalesce(days.trials, 0), coalesce(days.verified, 0),
                coalesce(t.verified, 0), coalesce(t.expected, 0), coalesce(t.against, 0), t.falls_since
            from unnest($1::text[], $2::text[]) as wanted (trunk, destination)
            left join trends t using (trunk, destination)
            cross join lateral (
                select sum(p.rang + p.blocked)::bigint as trials, sum(p.verified)::bigint as verified
                from peers p where p.trunk = wanted.trunk and p.destination = wanted.destination and p.day >= $3) as days
            """)
        {
            Parameters = { Trunks(groups), Destinations(groups), new() { Value = book.From, NpgsqlDbType = NpgsqlDbType.Date } },
        });
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            book.Numbers.Add(reader.GetInt64(0), ReadStanding(reader));
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            book.Recent.Add(
                new CallPath(reader.GetInt64(0), new PeerKey(reader.GetString(1), reader.GetString(2))),
                RecentDays.Unpack(reader.GetFieldValue<int[]>(3), book.From));
        }
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var trend = new Trend(reader.GetDouble(4), reader.GetDouble(5), reader.GetDouble(6), Moment(reader, 7));
            book.Groups.Add(
                new PeerKey(reader.GetString(0), reader.GetString(1)), new PeerGroup(reader.GetInt64(2), reader.GetInt64(3), trend));
        }
    }

    /// <summary>Writes down what the outcomes came to, but for the numbers' states. One round trip.</summary>
    /// <param name="connection">In the transaction that took the outcomes away.</param>
    /// <param name="book">The book after the last of them.</param>
    /// <param name="before">The evidence before the first of them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task WriteAsync(
        NpgsqlConnection connection, WearBook book, IReadOnlyDictionary<long, Evidence> before, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        var wear = book.Added.ToArray();
        batch.BatchCommands.Add(new(
            """
            insert into wear as w (number, trunk, destination, rang, answered, blocked, reported, verified, last_at, recent)
            select number, trunk, destination, rang, answered, blocked, reported, verified, last_at, recent::integer[]
            from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::timestamptz[],
                $9::bigint[], $10::text[])
                as added (trunk, destination, rang, answered, blocked, reported, verified, last_at, number, recent)
            on conflict (number, trunk, destination) do update
            set rang = w.rang + excluded.rang, answered = w.answered + excluded.answered, blocked = w.blocked + excluded.blocked,
                reported = w.reported + excluded.reported, verified = w.verified + excluded.verified,
                last_at = greatest(w.last_at, excluded.last_at), recent = excluded.recent
            """));
        AddTallies(batch.BatchCommands[0], [.. wear.Select(row => (row.Key.Group, row.Value))]);
        batch.BatchCommands[0].Parameters.Add(Array(wear.Select(row => row.Key.Number)));
        batch.BatchCommands[0].Parameters.Add(Array(wear.Select(row => Literal(book.Recent.GetValueOrDefault(row.Key)))));

        var peers = book.AddedByDay.ToArray();
        batch.BatchCommands.Add(new(
            """
            insert into peers as p (trunk, destination, rang, answered, blocked, reported, verified, day)
            select trunk, destination, rang, answered, blocked, reported, verified, day
            from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::timestamptz[],
                $9::date[])
                as added (trunk, destination, rang, answered, blocked, reported, verified, last_at, day)
            on conflict (trunk, destination, day) do update
            set rang = p.rang + excluded.rang, answered = p.answered + excluded.answered, blocked = p.blocked + excluded.blocked,
                reported = p.reported + excluded.reported, verified = p.verified + excluded.verified
            """));
        AddTallies(batch.BatchCommands[1], [.. peers.Select(row => (row.Key.Group, row.Value))]);
        batch.BatchCommands[1].Parameters.Add(Array(peers.Select(row => row.Key.Day)));

        var trends = book.Groups.Where(group => group.Value.Trend.Expected > 0).ToArray();
        batch.BatchCommands.Add(new(
            """
            insert into trends (trunk, destination, verified, expected, against, falls_since)
            select * from unnest($1::text[], $2::text[], $3::float8[], $4::float8[], $5::float8[], $6::timestamptz[])
            on conflict (trunk, destination) do update
            set verified = excluded.verified, expected = excluded.expected, against = excluded.against, falls_since = excluded.falls_since
            """)
        {
            Parameters =
            {
                Trunks(trends.Select(group => group.Key)), Destinations(trends.Select(group => group.Key)),
                Array(trends.Select(group => group.Value.Trend.Verified)), Array(trends.Select(group => group.Value.Trend.Expected)),
                Array(trends.Select(group => group.Value.Trend.Against)),
                Moments(trends.Select(group => group.Value.Trend.FallsSince)),
            },
        });
        AddEvidence(batch, book, before);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Forgets what speaks against numbers, or for them.</summary>
    public static Task ForgetEvidenceAsync(
        NpgsqlConnection connection, IReadOnlyCollection<NumberSpan> numbers, CancellationToken cancellationToken) =>
        ForgetAsync(connection, ["evidence"], numbers, cancellationToken);

    /// <summary>Forgets all that became of the calls of numbers that leave the pool.</summary>
    public static Task ForgetAsync(
        NpgsqlConnection connection, IReadOnlyCollection<NumberSpan> numbers, CancellationToken cancellationToken) =>
        ForgetAsync(connection, ["evidence", "wear"], numbers, cancellationToken);

    /// <summary>Forgets days that nothing is measured by any more.</summary>
    /// <returns>How many rows it deleted.</returns>
    public static async Task<int> ForgetDaysAsync(NpgsqlDataSource data, DateOnly before, int limit, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            """
            delete from peers where (trunk, destination, day) in (
                select trunk, destination, day from peers where day < $1 order by day limit $2 for update skip locked)
            """);
        command.Parameters.AddRange((NpgsqlParameter[])
        [
            new() { Value = before, NpgsqlDbType = NpgsqlDbType.Date },
            new() { Value = limit, NpgsqlDbType = NpgsqlDbType.Integer },
        ]);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task ForgetAsync(
        NpgsqlConnection connection, string[] tables, IReadOnlyCollection<NumberSpan> numbers, CancellationToken cancellationToken)
    {
        if (numbers.Count == 0)
            return;
        await using var batch = new NpgsqlBatch(connection) { Timeout = Inventory.PatienceSeconds };
        foreach (var table in tables)
        {
            batch.BatchCommands.Add(new(
                $"delete from {table} using unnest($1::bigint[], $2::bigint[]) as gone (low, high) where number between low and high")
            {
                Parameters = { Array(numbers.Select(span => span.First)), Array(numbers.Select(span => span.Last)) },
            });
        }
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static void AddEvidence(NpgsqlBatch batch, WearBook book, IReadOnlyDictionary<long, Evidence> before)
    {
        var changed = book.Numbers.Where(number => number.Value.Evidence != before[number.Key])
            .ToLookup(number => number.Value.Evidence.Trials > 0);
        batch.BatchCommands.Add(new("delete from evidence where number = any ($1::bigint[])")
        {
            Parameters = { Array(changed[false].Select(number => number.Key)) },
        });
        var kept = changed[true].Select(number => (Number: number.Key, number.Value.Evidence)).ToArray();
        batch.BatchCommands.Add(new(
            """
            insert into evidence (number, against, in_favour, trials, verified, peers, since)
            select * from unnest($1::bigint[], $2::float8[], $3::float8[], $4::integer[], $5::integer[], $6::float8[], $7::timestamptz[])
            on conflict (number) do update
            set against = excluded.against, in_favour = excluded.in_favour, trials = excluded.trials, verified = excluded.verified,
                peers = excluded.peers, since = excluded.since
            """)
        {
            Parameters =
            {
                Array(kept.Select(row => row.Number)), Array(kept.Select(row => row.Evidence.Against)),
                Array(kept.Select(row => row.Evidence.InFavour)), Array(kept.Select(row => row.Evidence.Trials)),
                Array(kept.Select(row => row.Evidence.Verified)), Array(kept.Select(row => row.Evidence.Peers)),
                Moments(kept.Select(row => (DateTimeOffset?)row.Evidence.Since)),
            },
        });
    }

    private static void AddTallies(NpgsqlBatchCommand command, (PeerKey Group, Tally Tally)[] rows) => command.Parameters.AddRange(
        (NpgsqlParameter[])
        [
            Trunks(rows.Select(row => row.Group)), Destinations(rows.Select(row => row.Group)),
            Array(rows.Select(row => row.Tally.Rang)), Array(rows.Select(row => row.Tally.Answered)),
            Array(rows.Select(row => row.Tally.Blocked)), Array(rows.Select(row => row.Tally.Reported)),
            Array(rows.Select(row => row.Tally.Verified)), Moments(rows.Select(row => (DateTimeOffset?)row.Tally.LastAt)),
        ]);

    private static Standing ReadStanding(NpgsqlDataReader reader) => new(
        reader.GetString(1) switch
        {
            "active" => Standing.Kind.Active,
            "resting" => Standing.Kind.Resting,
            "retired" => Standing.Kind.Retired,
            var other => throw new InvalidOperationException($"runs.state is '{other}', which the schema does not allow."),
        },
        Moment(reader, 2),
        reader.GetInt32(3),
        reader.IsDBNull(4)
            ? Evidence.None
            : new Evidence(
                reader.GetDouble(4), reader.GetInt32(5), reader.GetInt32(6), reader.GetDouble(7),
                reader.GetFieldValue<DateTimeOffset>(8)));

    private static DateTimeOffset? Moment(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);

    // Arrays of different lengths cannot be sent as one array.
    private static string Literal(RecentDays? days) =>
        "{" + string.Join(',', (days?.Pack() ?? []).Select(part => part.ToString(CultureInfo.InvariantCulture))) + "}";

    private static NpgsqlParameter Trunks(IEnumerable<PeerKey> groups) => Array(groups.Select(group => group.Trunk));

    private static NpgsqlParameter Destinations(IEnumerable<PeerKey> groups) => Array(groups.Select(group => group.Destination));

    private static NpgsqlParameter Moments(IEnumerable<DateTimeOffset?> values) => new NpgsqlParameter<DateTime?[]>
    {
        TypedValue = [.. values.Select(value => value?.UtcDateTime)],
        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
    };

    private static NpgsqlParameter Array<T>(IEnumerable<T> values) => new NpgsqlParameter<T[]> { TypedValue = [.. values] };
}
