using System.Diagnostics;
using Npgsql;

namespace FlashCall.Load.Verifications;

/// <summary>Fills the event store with finished sessions: copies of one that has been verified, each with ids of its own, its number, and
/// its moment in the past month.</summary>
internal static class StoredSessions
{
    private const int Batch = 20_000;

    private static readonly TimeSpan Month = TimeSpan.FromDays(30);

    /// <summary>Makes so many.</summary>
    /// <returns>How long it took.</returns>
    public static async Task<TimeSpan> FillAsync(string database, int count, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        await using var data = NpgsqlDataSource.Create(database);
        var template = await TemplateAsync(data, cancellationToken);
        // Ids as they would be had they been made then: their first 48 bits are the time (RFC 9562 §5.7), so their index grows at its end.
        var since = (DateTimeOffset.UtcNow - Month).ToUnixTimeMilliseconds();
        await ExecuteAsync(data, $"""
            create function load_session_id(n bigint) returns uuid immutable language sql as $$
                select (lpad(to_hex({since} + n * {(long)Month.TotalMilliseconds} / {count}), 12, '0') || '7' || substr(md5(n::text), 1, 3)
                    || '8' || substr(md5(n::text), 4, 15))::uuid $$
            """, [], cancellationToken);
        var streams = await ColumnsAsync(data, "mt_streams", ["id"], cancellationToken);
        var events = await ColumnsAsync(data, "mt_events", ["seq_id", "id", "stream_id"], cancellationToken);
        var sessions = await ColumnsAsync(data, "verifications", ["id", "callee"], cancellationToken);
        for (var first = 0; first < count; first += Batch)
        {
            var last = Math.Min(count, first + Batch) - 1;
            await ExecuteAsync(data,
                $"insert into mt_streams (id, {streams}) select load_session_id(n), {streams} "
                + "from mt_streams, generate_series($2::bigint, $3::bigint) n where id = $1 order by n",
                [template, (long)first, (long)last], cancellationToken);
            await ExecuteAsync(data,
                $"insert into mt_events (seq_id, id, stream_id, {events}) "
                + $"select nextval('mt_events_sequence'), gen_random_uuid(), load_session_id(n), {events} "
                + "from generate_series($2::bigint, $3::bigint) n, (select * from mt_events where stream_id = $1) e order by n, version",
                [template, (long)first, (long)last], cancellationToken);
            await ExecuteAsync(data,
                $"insert into verifications (id, callee, {sessions}) "
                + $"select load_session_id(n), '+4676' || lpad(n::text, 7, '0'), {sessions} "
                + "from verifications, generate_series($2::bigint, $3::bigint) n where id = $1 order by n",
                [template, (long)first, (long)last], cancellationToken);
        }
        await ExecuteAsync(data, "drop function load_session_id", [], cancellationToken);
        await ExecuteAsync(data, "vacuum analyze", [], cancellationToken);
        await ExecuteAsync(data, "checkpoint", [], cancellationToken);
        return Stopwatch.GetElapsedTime(began);
    }

    /// <summary>A session whose stream is complete: verified, and its call over.</summary>
    private static async Task<Guid> TemplateAsync(NpgsqlDataSource data, CancellationToken cancellationToken)
    {
        await using var find = data.CreateCommand("""
            select s.stream_id from mt_events s join mt_events e using (stream_id)
            where s.type = 'verification_succeeded' and e.type = 'call_ended' order by s.seq_id desc limit 1
            """);
        return await find.ExecuteScalarAsync(cancellationToken) is Guid id
            ? id
            : throw new InvalidOperationException("No session of the warm-up was verified and had its call ended.");
    }

    private static async Task<string> ColumnsAsync(
        NpgsqlDataSource data, string table, string[] without, CancellationToken cancellationToken)
    {
        await using var ask = data.CreateCommand("""
            select string_agg(quote_ident(column_name), ', ' order by ordinal_position) from information_schema.columns
            where table_schema = current_schema() and table_name = $1 and column_name <> all($2) and is_generated = 'NEVER'
            """);
        ask.Parameters.Add(new() { Value = table });
        ask.Parameters.Add(new() { Value = without });
        return (string)(await ask.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task ExecuteAsync(
        NpgsqlDataSource data, string sql, object[] parameters, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(new() { Value = parameter });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
