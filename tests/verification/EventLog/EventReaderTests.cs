using System.Text;
using FlashCall.Contracts;
using FlashCall.EventLog;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Tests.Sessions;
using FlashCall.Verification.Tests.Support;
using Npgsql;
using Xunit;

namespace FlashCall.Verification.Tests.EventLog;

/// <summary>The log read in bulk, against a real database with Marten's streams in it.</summary>
public sealed class EventReaderTests(RunningVerification running) : IAsyncLifetime
{
    private StoredSessions _stored = null!;
    private StoredSessions.Replica _replica = null!;
    private EventReader _reader = null!;

    public async ValueTask InitializeAsync()
    {
        _stored = await StoredSessions.CreateAsync(running);
        _replica = _stored.Start();
        _reader = new EventReader(_stored.Data, TimeProvider.System) { Poll = TimeSpan.FromMilliseconds(2) };
    }

    public async ValueTask DisposeAsync()
    {
        _reader.Dispose();
        await _stored.DisposeAsync();
    }

    [Fact]
    public async Task An_event_comes_as_it_is_stored()
    {
        var step = await BeginAsync();

        var page = await SingleAsync(EventFilter.All);

        var stored = Assert.Single(page.Events);
        Assert.Equal((1, step.Id, 1, "verification_requested", false),
            (stored.Sequence, stored.StreamId, stored.Version, stored.Type, stored.IsArchived));
        Assert.Equal(
            await _stored.ReadAsync("select timestamp::text || correlation_id || data from mt_events"),
            [$"{stored.Timestamp:yyyy-MM-dd HH:mm:ss.FFFFFF}+00{stored.CorrelationId}{Encoding.UTF8.GetString(stored.Data.Span)}"]);
        Assert.Null(stored.CausationId);
        Assert.Equal((0, 1), (page.After, page.Through));
    }

    [Fact]
    public async Task Every_event_comes_once_and_in_order_while_slow_transactions_and_rollbacks_leave_gaps()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var appending = Task.WhenAll(Enumerable.Range(0, 6).Select(AppendAsync));
        var followers = Enumerable.Range(0, 2).Select(_ => FollowAsync()).ToList();

        await appending;
        var expected = (await _stored.ReadAsync("select seq_id::text from mt_events order by mt_events.seq_id")).Select(long.Parse!).ToList();
        foreach (var follower in followers)
            Assert.Equal(expected, await follower);
        Assert.True(expected[^1] > expected.Count, "Rollbacks leave gaps.");

        async Task<List<long>> FollowAsync()
        {
            var seen = new List<long>();
            await foreach (var page in _reader.FollowAsync(EventFilter.All, cancellationToken: patience.Token))
            {
                seen.AddRange(page.Events.Select(stored => stored.Sequence));
                if (appending.IsCompleted && page.Through == await HighestAsync())
                    return seen;
            }
            throw new InvalidOperationException("A follower never ends by itself.");
        }

        async Task AppendAsync(int writer)
        {
            var random = new Random(writer);
            for (var round = 0; round < 40; round++)
            {
                // The service's own way, and transactions that take their numbers early and end late, or not at all.
                if (writer < 2)
                {
                    await BeginAsync();
                    continue;
                }
                await using var connection = await _stored.Data.OpenConnectionAsync();
                await using var transaction = await connection.BeginTransactionAsync();
                for (var statement = random.Next(1, 8); statement > 0; statement--)
                {
                    await InsertAsync(connection);
                    await using var nothing = new NpgsqlCommand("select 1", connection);
                    for (var turn = random.Next(0, 4); turn > 0; turn--)
                    {
                        await nothing.ExecuteScalarAsync();
                    }
                }
                if (random.Next(4) == 0)
                    await transaction.RollbackAsync();
                else
                    await transaction.CommitAsync();
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_comes_after_a_number_that_is_still_open_waits_for_it(bool commits)
    {
        await BeginAsync();
        await using var connection = await _stored.Data.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await InsertAsync(connection);
        await BeginAsync();
        using var reader = new EventReader(_stored.Data, TimeProvider.System) { Patience = TimeSpan.FromMilliseconds(20) };

        Assert.Equal(0, await reader.SettledAsync());
        Assert.Equal(0, await reader.SettledAsync());
        if (commits)
            await transaction.CommitAsync();
        else
            await transaction.RollbackAsync();

        Assert.Equal(3, await reader.SettledAsync());
        var seen = new List<long>();
        await foreach (var page in reader.ReadAsync(EventFilter.All))
            seen.AddRange(page.Events.Select(stored => stored.Sequence));
        Assert.Equal(commits ? [1, 2, 3] : [1, 3], seen);
    }

    [Fact]
    public async Task A_transaction_that_only_reads_holds_nothing_up()
    {
        await using var connection = await _stored.Data.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
        await using var report = new NpgsqlCommand("select count(*) from mt_events", connection);
        await report.ExecuteScalarAsync();

        await BeginAsync();

        Assert.Equal(1, await _reader.SettledAsync());
    }

    [Fact]
    public async Task Only_what_fits_comes_and_each_page_is_a_place_to_go_on_from()
    {
        var swedish = await BeginAsync("+46701740605", "shop", Purpose.Login);
        var american = await BeginAsync("+12025550143", "shop", Purpose.Onboarding);
        var canadian = await BeginAsync("+16135550165", "bank", Purpose.Login);
        await _replica.Committer.CommitAsync(Next(swedish, Usual.Allowed, Usual.Started with { AttemptId = Guid.CreateVersion7() }), default);

        Assert.Equal([1, 4, 5], await SeenAsync(new() { Countries = ["SE"] }));
        Assert.Equal([2], await SeenAsync(new() { Countries = ["US"] }));
        Assert.Equal([1, 3, 4, 5], await SeenAsync(new() { Countries = ["CA", "SE"] }));
        Assert.Equal([3], await SeenAsync(new() { Applications = ["bank"] }));
        Assert.Equal([1, 3, 4, 5], await SeenAsync(new() { Purposes = ["login"] }));
        Assert.Equal([4], await SeenAsync(new() { Types = ["risk_assessed"], Applications = ["shop"] }));
        Assert.Equal([2, 3], await SeenAsync(new() { Streams = [american.Id, canadian.Id] }));
        Assert.Equal([], await SeenAsync(new() { Applications = ["it's"] }));
        Assert.Equal([], await SeenAsync(new() { Types = [] }));
        var third = DateTimeOffset.Parse(
            (await _stored.ReadAsync("select to_char(timestamp at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') from mt_events where seq_id = 3"))[0]!,
            System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal([3, 4, 5], await SeenAsync(new() { From = third }));
        Assert.Equal([1, 2], await SeenAsync(new() { To = third }));
        Assert.Equal([4, 5], await SeenAsync(new() { Countries = ["SE"] }, after: 1));
        var empty = await SingleAsync(new() { Types = ["call_rang"] });
        Assert.Equal((0, 5, 0), (empty.After, empty.Through, empty.Events.Count));
    }

    [Fact]
    public async Task A_span_of_time_is_read_where_it_is_and_the_pages_join_from_end_to_end()
    {
        await using (var fill = _stored.Data.CreateCommand(
            """
            with stream as (insert into mt_streams (id, type, version) values (gen_random_uuid(), 'x', 30000) returning id)
            insert into mt_events (seq_id, id, stream_id, version, data, type, timestamp, mt_dotnet_type)
            select nextval('mt_events_sequence'), gen_random_uuid(), stream.id, n, '{}', 'call_rang',
                   -- Two replicas, of which one's clock is behind.
                   timestamptz '2026-11-01 00:00Z' + n * interval '1 minute' - (n % 2) * interval '10 minutes', 'x'
            from stream, generate_series(1, 30000) n
            """))
        {
            await fill.ExecuteNonQueryAsync();
        }
        await _stored.ReadAsync("select archive_make('2026-11-01')::text");
        await _stored.ReadAsync(
            """
            with moved as (delete from mt_events where seq_id % 7 = 0 returning *)
            insert into archived_events select '2026-11-01', seq_id, id, stream_id, version, type, timestamp, correlation_id, causation_id, data
            from moved returning null::text
            """);
        var begin = new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);
        var (from, to) = (begin.AddMinutes(20_000), begin.AddMinutes(20_100));
        var expected = await _stored.ReadAsync(
            "select seq_id::text from session_events where timestamp >= $1 and timestamp < $2 order by session_events.seq_id", from, to);
        Assert.Equal(100, expected.Count);

        foreach (var (after, through) in ((long, long?)[])[(0, null), (20_050, null), (0, 20_060), (25_000, null), (0, 100)])
        {
            var pages = new List<(long After, long Through, List<string> Seen)>();
            await foreach (var page in _reader.ReadAsync(new EventFilter { From = from, To = to }, after, through))
            {
                pages.Add((page.After, page.Through,
                    [.. page.Events.Select(stored => stored.Sequence.ToString(System.Globalization.CultureInfo.InvariantCulture))]));
            }
            Assert.Equal(
                expected.Select(long.Parse!).Where(one => one > after && one <= (through ?? 30_000)), pages.SelectMany(page => page.Seen).Select(long.Parse));
            Assert.Equal((after, through ?? 30_000), (pages[0].After, pages[^1].Through));
            Assert.All(pages.Zip(pages.Skip(1)), pair => Assert.Equal(pair.First.Through, pair.Second.After));
            // Neither what is before nor what is after was read.
            Assert.InRange(pages.Count, 1, 3);
        }
        Assert.Empty(await _stored.ReadAsync(
            "select indexrelid::regclass::text from pg_index where not indisvalid and indexrelid::regclass::text like '%timestamp%'"));
    }

    [Fact]
    public async Task A_long_log_comes_in_pages_that_join()
    {
        await using (var fill = _stored.Data.CreateCommand(
            """
            with stream as (insert into mt_streams (id, type, version) values (gen_random_uuid(), 'x', 20000) returning id)
            insert into mt_events (seq_id, id, stream_id, version, data, type, timestamp, mt_dotnet_type)
            select nextval('mt_events_sequence'), gen_random_uuid(), stream.id, n, '{}', 'call_rang', now(), 'x'
            from stream, generate_series(1, 20000) n
            """))
        {
            await fill.ExecuteNonQueryAsync();
        }

        var (at, count) = (0L, 0L);
        await foreach (var page in _reader.ReadAsync(EventFilter.All, through: 19_000))
        {
            Assert.Equal(at, page.After);
            Assert.Equal(Enumerable.Range((int)at + 1, page.Events.Count).Select(n => (long)n), page.Events.Select(stored => stored.Sequence));
            (at, count) = (page.Through, count + page.Events.Count);
        }
        Assert.Equal((19_000, 19_000), (at, count));

        // Whoever leaves in the middle leaves nothing running.
        await foreach (var page in _reader.ReadAsync(EventFilter.All))
            break;
        Assert.Equal(["0"], await _stored.ReadAsync(
            "select count(*)::text from pg_stat_activity where datname = current_database() and state = 'active' and query like 'copy%'"));
    }

    private static SessionStep Next(SessionStep step, params VerificationEvent[] events)
    {
        var after = events.Aggregate(step.After, (state, happened) => Evolver.Evolve(state, step.Id, happened));
        return new SessionStep(step.After, [.. events], after);
    }

    private async Task<SessionStep> BeginAsync(string? to = null, string application = "demo", Purpose purpose = Purpose.Login)
    {
        var id = Guid.CreateVersion7();
        var asked = Usual.Requested with
        {
            ApplicationId = application,
            Purpose = purpose,
            To = PhoneNumber.Parse(to ?? $"+4670174{Random.Shared.Next(1000, 9999)}"),
        };
        // Another application's numbers are no obstacle: there is one live session for a number and application.
        if (to is null)
            asked = asked with { ApplicationId = $"demo-{id:N}" };
        var step = new SessionStep(before: null, [asked], Evolver.Evolve(null, id, asked));
        await _replica.Committer.CommitAsync(step, CancellationToken.None);
        return step;
    }

    private static async Task InsertAsync(NpgsqlConnection connection)
    {
        await using var insert = new NpgsqlCommand(
            """
            with stream as (insert into mt_streams (id, type, version) values (gen_random_uuid(), 'x', 1) returning id)
            insert into mt_events (seq_id, id, stream_id, version, data, type, timestamp, mt_dotnet_type)
            select nextval('mt_events_sequence'), gen_random_uuid(), stream.id, 1, '{}', 'call_rang', now(), 'x' from stream
            """, connection);
        await insert.ExecuteNonQueryAsync();
    }

    private async Task<long> HighestAsync() =>
        long.Parse((await _stored.ReadAsync("select max(seq_id)::text from mt_events"))[0]!, System.Globalization.CultureInfo.InvariantCulture);

    private async Task<List<long>> SeenAsync(EventFilter filter, long after = 0)
    {
        var seen = new List<long>();
        await foreach (var page in _reader.ReadAsync(filter, after))
            seen.AddRange(page.Events.Select(stored => stored.Sequence));
        return seen;
    }

    private async Task<EventPage> SingleAsync(EventFilter filter)
    {
        var pages = new List<EventPage>();
        await foreach (var page in _reader.ReadAsync(filter))
            pages.Add(page);
        return Assert.Single(pages);
    }
}
