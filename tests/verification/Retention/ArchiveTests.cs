using System.Globalization;
using System.Text;
using FlashCall.EventLog;
using FlashCall.Funnel;
using FlashCall.Verification.Retention;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Tests.Analytics;
using FlashCall.Verification.Tests.Support;
using FlashCall.Verification.Verifications;
using Xunit;
using SessionStep = FlashCall.Verification.Storage.SessionStep;

namespace FlashCall.Verification.Tests.Retention;

/// <summary>What ended long ago moves to the archive, and nobody who reads notices.</summary>
public sealed class ArchiveTests(RunningVerification running) : IAsyncLifetime
{
    private static readonly DateTimeOffset EndOfJune = new(2026, 6, 30, 23, 59, 59, TimeSpan.Zero);

    private OldSessions _old = null!;

    public async ValueTask InitializeAsync() => _old = await OldSessions.CreateAsync(running);

    public async ValueTask DisposeAsync() => await _old.DisposeAsync();

    [Fact]
    public async Task What_is_old_moves_whole_by_the_month_it_began_in_and_everybody_reads_on_as_before()
    {
        var june = new List<Guid>();
        for (var i = 0; i < 3; i++)
            june.Add(await _old.EndedAsync(EndOfJune.AddDays(-i)));
        var recent = await _old.EndedAsync(DateTimeOffset.UtcNow.AddHours(-1));
        var july = await _old.EndedAsync(EndOfJune.AddSeconds(1));
        var (calling, sending) = (await _old.EndedAsync(EndOfJune), await _old.EndedAsync(EndOfJune));
        await _old.Stored.ReadAsync("insert into deadlines (verification_id, due_at) values ($1, now()) returning null::text", calling);
        await _old.Stored.ReadAsync(
            "insert into outbox (message_id, verification_id, type, body, due_at) values (gen_random_uuid(), $1, 'x', '{}', now()) returning null::text", sending);
        await _old.PassAsync();
        var log = await LogAsync(EventFilter.All);
        var reports = await LogAsync(new EventFilter { Types = ["report_received"], Countries = ["SE"] });
        var story = await StoryAsync(july);
        var session = (await _old.Replica.Sessions.ReadAsync(july, CancellationToken.None))!;
        var funnel = await RebuiltAsync();

        Assert.Equal(4, await _old.ArchiveAsync());
        Assert.Equal(0, await _old.ArchiveAsync());

        Assert.Equal(
            [$"archived_events_2026_06 {string.Join(' ', june.Order())}", $"archived_events_2026_07 {july}"],
            await _old.Stored.ReadAsync(
                "select tableoid::regclass || ' ' || string_agg(distinct stream_id::text, ' ' order by stream_id::text) from archived_events group by tableoid order by 1"));
        Assert.Equal((4 * 8, 3 * 8), (await _old.CountAsync("archived_events"), await _old.CountAsync("mt_events")));
        Assert.Equal(log, await LogAsync(EventFilter.All));
        Assert.Equal(log.Count, await _old.CountAsync("session_events"));
        Assert.Equal(reports, await LogAsync(new EventFilter { Types = ["report_received"], Countries = ["SE"] }));
        Assert.Equal(8, (await LogAsync(new EventFilter { Streams = [july] })).Count);
        Assert.Equal(story, await StoryAsync(july));
        var after = (await _old.Replica.Sessions.ReadAsync(july, CancellationToken.None))!;
        Assert.Equal((false, true, false), (session.IsArchived, after.IsArchived, (await _old.Replica.Sessions.ReadAsync(recent, CancellationToken.None))!.IsArchived));
        Assert.Equal(Text(VerificationView.Of(session)), Text(VerificationView.Of(after)));
        Assert.Equal(funnel, await RebuiltAsync());
    }

    [Fact]
    public async Task What_the_funnel_or_the_daemon_has_not_read_stays_and_so_does_the_newest_event()
    {
        for (var i = 0; i < 4; i++)
            await _old.EndedAsync(EndOfJune);
        Assert.Equal(0, await _old.ArchiveAsync());

        // The third session's last event is not read yet.
        await _old.PassAsync(upTo: 23);
        Assert.Equal(2, await _old.ArchiveAsync());
        await _old.Stored.ReadAsync("update funnel_generations set seq = 32 returning null::text");
        Assert.Equal(0, await _old.ArchiveAsync());

        await _old.PassAsync();
        Assert.Equal(1, await _old.ArchiveAsync());
        using var reader = new EventReader(_old.Stored.Data, TimeProvider.System);
        Assert.Equal(32, await reader.SettledAsync());
    }

    [Fact]
    public async Task Who_reads_while_two_replicas_move_misses_nothing_and_sees_nothing_twice()
    {
        for (var i = 0; i < 60; i++)
            await _old.EndedAsync(EndOfJune.AddDays(i));
        await _old.EndedAsync(DateTimeOffset.UtcNow);
        await _old.PassAsync();
        var log = await LogAsync(EventFilter.All);

        var moving = Task.WhenAll(MoveAsync(), MoveAsync());
        var passes = 0;
        for (; passes < 2 || !moving.IsCompleted; passes++)
            Assert.Equal(log, await LogAsync(EventFilter.All));

        Assert.Equal(60, (await moving).Sum());
        Assert.Equal(60 * 8, await _old.CountAsync("archived_events"));

        async Task<int> MoveAsync()
        {
            var all = 0;
            while (true)
            {
                await using var connection = await _old.Stored.Data.OpenConnectionAsync();
                await using var transaction = await connection.BeginTransactionAsync();
                var moved = await ArchiveOldSessions.MoveAsync(connection, DateTimeOffset.UtcNow.AddDays(-1), most: 2, CancellationToken.None);
                await transaction.CommitAsync();
                if (moved == 0)
                    return all;
                all += moved;
            }
        }
    }

    [Fact]
    public async Task What_is_in_the_archive_takes_nothing_more()
    {
        var id = await _old.EndedAsync(EndOfJune);
        await _old.EndedAsync(DateTimeOffset.UtcNow);
        await _old.PassAsync();
        Assert.Equal(1, await _old.ArchiveAsync());
        var now = DateTimeOffset.UtcNow;
        var telemetry = new SessionCommand.TakeTelemetry(LateCall: true, NoCall: null) { Now = now };

        var told = await _old.Replica.Sessions.HandleAsync(id, "shop", telemetry, CancellationToken.None);
        var cancelled = await _old.Replica.Sessions.HandleAsync(id, "shop", new SessionCommand.Cancel { Now = now }, CancellationToken.None);
        var passed = await _old.Replica.Sessions.HandleAsync(
            id, new SessionCommand.DeadlinePassed(Guid.CreateVersion7()) { Now = now }, CancellationToken.None);

        Assert.Equal((Rejection.Ended, Rejection.Ended, (Rejection?)null), (told!.Refused, cancelled!.Refused, passed!.Refused));
        Assert.Empty(told.Events);
        Assert.Equal(8, (await LogAsync(new EventFilter { Streams = [id] })).Count);

        // The database holds to that too; and where an append was faster than that, all of the stream is read from both places.
        var state = told.State;
        var happened = new SessionEvent.ClientTelemetry { At = now, LateCall = true };
        SessionStep Step() => new(state, [happened], Evolver.Evolve(state, id, happened)!);
        await Assert.ThrowsAsync<Marten.Exceptions.InvalidStreamOperationException>(() => _old.Replica.Committer.CommitAsync(Step(), CancellationToken.None));
        await _old.Stored.ReadAsync("update mt_streams set is_archived = false where id = $1 returning null::text", id);
        await _old.Replica.Committer.CommitAsync(Step(), CancellationToken.None);
        var history = (await _old.Replica.Sessions.ReadAsync(id, CancellationToken.None))!;
        Assert.Equal(9, history.Events.Count);
        Assert.IsType<SessionEvent.ClientTelemetry>(history.Events[^1]);
        Assert.Equal(9, (await LogAsync(new EventFilter { Streams = [id] })).Count);
    }

    [Fact]
    public async Task A_month_that_was_detached_is_gone_and_one_that_comes_late_gets_a_partition_of_its_own()
    {
        var (kept, gone) = (await _old.EndedAsync(EndOfJune), await _old.EndedAsync(EndOfJune.AddSeconds(1)));
        await _old.EndedAsync(DateTimeOffset.UtcNow);
        await _old.PassAsync();
        Assert.Equal(2, await _old.ArchiveAsync());

        await using (var detach = _old.Stored.Data.CreateCommand("alter table archived_events detach partition archived_events_2026_07 concurrently"))
            await detach.ExecuteNonQueryAsync();

        Assert.Null(await _old.Replica.Sessions.ReadAsync(gone, CancellationToken.None));
        Assert.NotNull(await _old.Replica.Sessions.ReadAsync(kept, CancellationToken.None));
        Assert.Equal(16, (await LogAsync(EventFilter.All)).Count);
        var late = await _old.EndedAsync(EndOfJune.AddHours(1));
        await _old.EndedAsync(DateTimeOffset.UtcNow);
        await _old.PassAsync();
        Assert.Equal(1, await _old.ArchiveAsync());
        Assert.Equal(["archived_events_2026_07_more"], await _old.Stored.ReadAsync(
            "select distinct tableoid::regclass::text from archived_events where stream_id = $1", late));
        Assert.Equal(8, await _old.CountAsync("archived_events_2026_07"));
    }

    private static string Text(VerificationView view) => System.Text.Json.JsonSerializer.Serialize(view);

    private async Task<IReadOnlyList<string>> RebuiltAsync()
    {
        await new FunnelRebuild(_old.Stored.Data, TimeProvider.System).RunAsync(CancellationToken.None);
        return await FunnelText.ReadAsync(_old.Stored.Data);
    }

    private async Task<List<string>> StoryAsync(Guid id)
    {
        await using var session = _old.Replica.Documents.QuerySession();
        return
        [
            .. (await StreamEvents.ReadAsync(session, id, CancellationToken.None)).Select(stored => string.Create(
                CultureInfo.InvariantCulture,
                $"{stored.Sequence} {stored.Version} {stored.Type} {stored.StoredAt:O} {stored.TraceId} {stored.Cause} {stored.Data}")),
        ];
    }

    private async Task<List<string>> LogAsync(EventFilter filter)
    {
        using var reader = new EventReader(_old.Stored.Data, TimeProvider.System);
        var log = new List<string>();
        await foreach (var page in reader.ReadAsync(filter))
        {
            log.AddRange(page.Events.Select(stored => string.Create(CultureInfo.InvariantCulture,
                $"{stored.Sequence} {stored.StreamId} {stored.Version} {stored.Type} {stored.Timestamp:O} {stored.CorrelationId} {Encoding.UTF8.GetString(stored.Data.Span)}")));
        }
        return log;
    }
}
