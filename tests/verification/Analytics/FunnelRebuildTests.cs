using FlashCall.Funnel;
using FlashCall.Verification.Analytics.Funnel;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Tests.Sessions;
using FlashCall.Verification.Tests.Support;
using Marten;
using Npgsql;
using Xunit;

namespace FlashCall.Verification.Tests.Analytics;

/// <summary>A rebuild gives the same sums, in tables beside those that are read, without a moment in which there are none.</summary>
public sealed class FunnelRebuildTests(RunningVerification running) : IAsyncLifetime
{
    private readonly List<(Guid Session, VerificationEvent Event)> _log = [];
    private StoredSessions _stored = null!;
    private DocumentStore _store = null!;
    private LiveFunnel _live = null!;

    public async ValueTask InitializeAsync()
    {
        _stored = await StoredSessions.CreateAsync(running);
        _store = DocumentStore.For(options =>
        {
            options.Connection(_stored.Data);
            EventStore.Configure(options, TimeProvider.System);
        });
        _live = new LiveFunnel(_stored.Data);
    }

    public async ValueTask DisposeAsync()
    {
        _store.Dispose();
        await _stored.DisposeAsync();
    }

    [Fact]
    public async Task A_rebuild_sums_up_what_the_streams_say_and_the_live_funnel_goes_on_from_it()
    {
        await AppendAsync(30);
        await FollowAsync();
        // Whatever went wrong in the old sums is not in the new.
        await _stored.ReadAsync("update funnel_hours_1 set rang = rang + 7 returning rang::text");

        var done = await new FunnelRebuild(_stored.Data, TimeProvider.System).RunAsync(CancellationToken.None);

        Assert.True(done.IsDone);
        Assert.Equal(30 * 7, done.Events);
        Assert.Equal(Expected(), await FunnelText.ReadAsync(_stored.Data));
        Assert.Equal(["2 live"], await _stored.ReadAsync("select generation || ' ' || state from funnel_generations"));
        Assert.Empty(await _stored.ReadAsync("select relname::text from pg_class where relname like 'funnel\\_%\\_1'"));

        await AppendAsync(5);
        await FollowAsync();
        Assert.Equal(Expected(), await FunnelText.ReadAsync(_stored.Data));
    }

    [Fact]
    public async Task One_that_was_interrupted_goes_on_where_it_was_while_the_old_sums_are_read()
    {
        await AppendAsync(60);
        await FollowAsync();
        using var interrupt = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new FunnelRebuild(_stored.Data, TimeProvider.System)
        {
            Rate = 1000,
            Progress = _ => interrupt.Cancel(),
        }.RunAsync(interrupt.Token));
        var place = long.Parse(Assert.Single(
            await _stored.ReadAsync("select seq::text from funnel_generations where state = 'building'"))!, System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(place, 1, 60 * 8);
        Assert.Equal(Expected(), await FunnelText.ReadAsync(_stored.Data));

        await AppendAsync(3);
        await FollowAsync();
        var done = await new FunnelRebuild(_stored.Data, TimeProvider.System).RunAsync(CancellationToken.None);

        Assert.Equal(place, done.From);
        Assert.Equal(Expected(), await FunnelText.ReadAsync(_stored.Data));
    }

    [Fact]
    public async Task One_that_was_interrupted_can_be_dropped_or_begun_anew()
    {
        await AppendAsync(60);
        await FollowAsync();
        for (var drop = 0; drop < 2; drop++)
        {
            using var interrupt = new CancellationTokenSource();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new FunnelRebuild(_stored.Data, TimeProvider.System)
            {
                Rate = 1000,
                Progress = _ => interrupt.Cancel(),
            }.RunAsync(interrupt.Token));
            if (drop == 0)
            {
                Assert.True(await new FunnelRebuild(_stored.Data, TimeProvider.System).AbandonAsync(CancellationToken.None));
                Assert.False(await new FunnelRebuild(_stored.Data, TimeProvider.System).AbandonAsync(CancellationToken.None));
                Assert.Equal(["1 live"], await _stored.ReadAsync("select generation || ' ' || state from funnel_generations"));
            }
        }
        var done = await new FunnelRebuild(_stored.Data, TimeProvider.System) { Restart = true }.RunAsync(CancellationToken.None);

        Assert.Equal(0, done.From);
        Assert.Equal(Expected(), await FunnelText.ReadAsync(_stored.Data));
    }

    [Fact]
    public async Task Whoever_reads_meanwhile_always_finds_all_that_was_there_and_what_comes_meanwhile_is_there_at_the_end()
    {
        await AppendAsync(80);
        await FollowAsync();
        using var over = new CancellationTokenSource();
        var fewest = long.MaxValue;
        var reads = 0;
        var reading = Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                var sum = Assert.Single(await _stored.ReadAsync("select sum(requested)::text from funnel_hours"))!;
                fewest = Math.Min(fewest, long.Parse(sum, System.Globalization.CultureInfo.InvariantCulture));
                reads++;
            }
        });
        var appending = Task.Run(async () =>
        {
            for (var more = 0; more < 12; more++)
            {
                await AppendAsync(2);
                await FollowAsync();
            }
        });
        for (var again = 0; again < 3; again++)
            await new FunnelRebuild(_stored.Data, TimeProvider.System) { Rate = 2000 }.RunAsync(CancellationToken.None);
        await appending;
        await over.CancelAsync();
        await reading;

        Assert.True(reads > 20, $"{reads} reads");
        Assert.True(fewest >= 80, $"a reader found {fewest} sessions of 80");
        await FollowAsync();
        Assert.Equal(Expected(), await FunnelText.ReadAsync(_stored.Data));
    }

    [Fact]
    public async Task Two_rebuilds_at_once_are_one_too_many()
    {
        await AppendAsync(60);
        await FollowAsync();
        var began = new TaskCompletionSource();
        using var interrupt = new CancellationTokenSource();
        var first = new FunnelRebuild(_stored.Data, TimeProvider.System) { Rate = 100, Progress = _ => began.TrySetResult() }.RunAsync(interrupt.Token);
        await began.Task;

        var refused = await Assert.ThrowsAsync<FunnelRebuildException>(
            () => new FunnelRebuild(_stored.Data, TimeProvider.System).RunAsync(CancellationToken.None));
        Assert.Contains("Another rebuild", refused.Message, StringComparison.Ordinal);
        await interrupt.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
    }

    [Fact]
    public async Task A_query_that_takes_long_delays_the_swap_and_holds_up_nobody()
    {
        await AppendAsync(5);
        await FollowAsync();
        await using var connection = await _stored.Data.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var look = new NpgsqlCommand("select count(*) from funnel_hours", connection))
            await look.ExecuteScalarAsync();

        var rebuild = new FunnelRebuild(_stored.Data, TimeProvider.System).RunAsync(CancellationToken.None);
        await FlashCall.Testing.Eventually.TrueAsync(
            async () => (await _stored.ReadAsync("select pid::text from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")).Count > 0,
            "a swap that waits");
        Assert.Equal(["5"], await _stored.ReadAsync("select sum(requested)::text from funnel_hours"));
        await transaction.CommitAsync();
        await rebuild;

        Assert.Equal(Expected(), await FunnelText.ReadAsync(_stored.Data));
    }

    private IReadOnlyList<string> Expected() =>
        FunnelOracle.Of(_log.Select(one => FunnelEvents.Of(one.Session, one.Event)).OfType<FunnelEvent>());

    /// <summary>What the daemon would do.</summary>
    private async Task FollowAsync()
    {
        await using var session = _store.QuerySession();
        var events = await session.Events.QueryAllRawEvents().OrderBy(stored => stored.Sequence).ToListAsync();
        await _live.TakeInAsync(
            events.Select(stored => (stored.Sequence, Event: FunnelEvents.Of(stored.StreamId, (VerificationEvent)stored.Data)))
                .Where(one => one.Event is not null).Select(one => (one.Sequence, one.Event!)),
            events[^1].Sequence, CancellationToken.None);
    }

    private async Task AppendAsync(int count)
    {
        VerificationEvent[] whole =
            [Usual.Requested, Usual.Allowed, Usual.Started, Usual.Leased, Usual.Rang, Usual.Right, Usual.Succeeded, Usual.Ended];
        await using var session = _store.LightweightSession();
        for (var one = 0; one < count; one++)
        {
            var id = Guid.CreateVersion7();
            session.Events.StartStream<VerificationSession>(id, whole);
            lock (_log)
                _log.AddRange(whole.Select(happened => (id, happened)));
        }
        await session.SaveChangesAsync();
    }
}
