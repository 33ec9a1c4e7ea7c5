using FlashCall.Contracts;
using FlashCall.Dialer.Attempts;
using FlashCall.Dialer.Tests.Support;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.Dialer.Tests.Attempts;

/// <summary>What the rows decide, on a real server, with several replicas.</summary>
public sealed class AttemptStoreTests(ServersFixture servers) : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private DialerDatabase? _database;

    private DialerDatabase Database => _database!;

    public async ValueTask InitializeAsync() => _database = await DialerDatabase.CreateAsync(servers);

    public ValueTask DisposeAsync() => _database?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task Of_replicas_that_race_for_an_attempt_one_may_dial()
    {
        var stores = await Task.WhenAll(Enumerable.Range(0, 8).Select(replica => Database.LivingStoreAsync($"replica-{replica}")));
        for (var round = 0; round < 20; round++)
        {
            var call = Commands.Place("trunk");
            var results = await Task.WhenAll(stores.Select(store => PlaceAsync(store, call)));
            Assert.Single(results, known => known is null);
            Assert.All(results.OfType<Attempt>(), known => Assert.Null(known.EndedAt));
            Assert.Single(results.OfType<Attempt>().Select(known => known.Owner).Distinct());
        }
    }

    [Fact]
    public async Task A_replica_without_a_sign_of_life_may_not_dial()
    {
        var call = Commands.Place("trunk");
        await Assert.ThrowsAsync<ReplicaNotAliveException>(() => PlaceAsync(Database.StoreOf("unheard-of"), call));

        var store = await Database.LivingStoreAsync("silent");
        await Database.KillAsync("silent");
        await Assert.ThrowsAsync<ReplicaNotAliveException>(() => PlaceAsync(store, call));

        await store.BeatAsync(TimeSpan.FromMinutes(1), CancellationToken.None);
        Assert.Null(await PlaceAsync(store, call));
    }

    [Fact]
    public async Task A_repeat_after_the_end_finds_the_whole_report()
    {
        var store = await Database.LivingStoreAsync("a");
        var call = Commands.Place("trunk");
        await PlaceAsync(store, call);
        var end = Ended(call, CallDisposition.Busy) with { SipStatus = 486, RangAt = Now.AddSeconds(2), Trunk = call.Trunk };
        Assert.Equal([call.AttemptId], await store.RecordEndsAsync([end], CancellationToken.None));

        var known = await PlaceAsync(await Database.LivingStoreAsync("b"), call);

        Assert.Equal(end, known?.Ended);
        Assert.Equal(Ringing(call), known?.Ringing);
    }

    [Fact]
    public async Task A_hang_up_before_the_call_means_that_nobody_dials()
    {
        var call = Commands.Place("trunk");
        Assert.Null(await Database.StoreOf("b").HangUpAsync(Commands.HangUp(call), Now, CancellationToken.None));

        var known = await PlaceAsync(await Database.LivingStoreAsync("a"), call);

        Assert.Equal(CallDisposition.Cancelled, known?.Ended?.Disposition);
        Assert.Null(known?.Ended?.InvitedAt);
        Assert.Equal(Now, known?.Ended?.EndedAt);
    }

    [Fact]
    public async Task A_hang_up_of_a_call_under_way_finds_its_replica_while_that_lives()
    {
        var store = await Database.LivingStoreAsync("a");
        var call = Commands.Place("trunk");
        await PlaceAsync(store, call);
        var other = Database.StoreOf("b");

        Assert.Equal("a", await other.HangUpAsync(Commands.HangUp(call), Now, CancellationToken.None));
        Assert.Equal("a", await other.HangUpAsync(Commands.HangUp(call), Now, CancellationToken.None));
        await Database.KillAsync("a");
        Assert.Null(await other.HangUpAsync(Commands.HangUp(call), Now, CancellationToken.None));
        // The hang-up changed nothing in the row: the call's own end is still to be written.
        Assert.Equal([call.AttemptId], await store.RecordEndsAsync([Ended(call, CallDisposition.Rang)], CancellationToken.None));
        Assert.Null(await other.HangUpAsync(Commands.HangUp(call), Now, CancellationToken.None));
    }

    [Fact]
    public async Task Whether_hang_up_or_call_comes_first_one_of_them_wins()
    {
        var store = await Database.LivingStoreAsync("a");
        for (var round = 0; round < 50; round++)
        {
            var call = Commands.Place("trunk");
            var placing = PlaceAsync(store, call);
            var hangingUp = Database.StoreOf("b").HangUpAsync(Commands.HangUp(call), Now, CancellationToken.None);
            var known = await placing;
            var owner = await hangingUp;
            Assert.Equal(known is null ? "a" : null, owner);
            Assert.True(known is null || known.Disposition == CallDisposition.Cancelled);
        }
    }

    [Fact]
    public async Task The_attempts_of_a_dead_replica_are_interrupted_once_with_what_is_known_of_them()
    {
        var dead = await Database.LivingStoreAsync("dead");
        var (silent, ringing) = (Commands.Place("trunk"), Commands.Place("trunk"));
        await PlaceAsync(dead, silent);
        await PlaceAsync(dead, ringing);
        await dead.RecordRingingAsync([Ringing(ringing)], CancellationToken.None);
        var others = await Task.WhenAll(Database.LivingStoreAsync("b"), Database.LivingStoreAsync("c"));

        Assert.All(await InterruptAsync(others), Assert.Empty);
        await Database.KillAsync("dead");
        var interrupted = (await InterruptAsync(others)).SelectMany(orphans => orphans).OrderBy(orphan => orphan.RangAt).ToArray();

        Assert.Equal([silent.AttemptId, ringing.AttemptId], interrupted.Select(orphan => orphan.AttemptId));
        Assert.All(interrupted, orphan => Assert.Equal(CallDisposition.Interrupted, orphan.Disposition));
        Assert.Equal([null, Now.AddSeconds(2)], interrupted.Select(orphan => orphan.RangAt));
        Assert.All(interrupted, orphan => Assert.Equal(Now, orphan.InvitedAt));
        Assert.All(await InterruptAsync(others), Assert.Empty);
    }

    [Fact]
    public async Task A_replica_that_wakes_up_cannot_change_an_end_that_was_reported()
    {
        var frozen = await Database.LivingStoreAsync("frozen");
        var call = Commands.Place("trunk");
        await PlaceAsync(frozen, call);
        await Database.KillAsync("frozen");
        var other = await Database.LivingStoreAsync("b");
        Assert.Single(await other.InterruptOrphansAsync(Now.AddSeconds(9), CancellationToken.None));

        await frozen.RecordRingingAsync([Ringing(call)], CancellationToken.None);
        Assert.Empty(await frozen.RecordEndsAsync([Ended(call, CallDisposition.Rang)], CancellationToken.None));

        var known = await PlaceAsync(other, call);
        Assert.Equal(CallDisposition.Interrupted, known?.Disposition);
        Assert.Null(known?.RangAt);
    }

    [Fact]
    public async Task A_replica_does_not_take_itself_for_dead()
    {
        var store = await Database.LivingStoreAsync("a");
        await PlaceAsync(store, Commands.Place("trunk"));
        await Database.KillAsync("a");
        Assert.Empty(await store.InterruptOrphansAsync(Now, CancellationToken.None));
    }

    [Fact]
    public async Task The_attempts_of_a_replica_that_has_retired_are_orphans_at_once()
    {
        var store = await Database.LivingStoreAsync("a");
        await PlaceAsync(store, Commands.Place("trunk"));
        await store.RetireAsync(CancellationToken.None);
        Assert.Single(await (await Database.LivingStoreAsync("b")).InterruptOrphansAsync(Now, CancellationToken.None));
    }

    [Fact]
    public async Task Overdue_reports_are_taken_by_one_sweeper_until_they_are_sent()
    {
        var store = await Database.LivingStoreAsync("a");
        var calls = Enumerable.Range(0, 20).Select(_ => Commands.Place("trunk")).ToArray();
        foreach (var call in calls)
            await PlaceAsync(store, call);
        await store.RecordEndsAsync([.. calls.Select(call => Ended(call, CallDisposition.Rang))], CancellationToken.None);
        Assert.Empty(await store.TakeUnreportedAsync(100, CancellationToken.None));

        await MakeReportsDueAsync();
        var sweepers = Enumerable.Range(0, 4).Select(replica => Database.StoreOf($"s{replica}"));
        var taken = await Task.WhenAll(sweepers.Select(sweeper => sweeper.TakeUnreportedAsync(100, CancellationToken.None)));
        Assert.Equal(
            calls.Select(call => call.AttemptId).Order(),
            taken.SelectMany(attempts => attempts).Select(attempt => attempt.AttemptId).Order());

        await store.RecordReportedAsync([], [.. calls.Skip(1).Select(call => call.AttemptId)], CancellationToken.None);
        await MakeReportsDueAsync();
        var left = await store.TakeUnreportedAsync(100, CancellationToken.None);
        Assert.Equal([calls[0].AttemptId], left.Select(attempt => attempt.AttemptId));
    }

    [Fact]
    public async Task Reporting_that_it_rang_does_not_hide_that_the_end_is_still_to_be_reported()
    {
        var store = await Database.LivingStoreAsync("a");
        var call = Commands.Place("trunk");
        await PlaceAsync(store, call);
        await store.RecordRingingAsync([Ringing(call)], CancellationToken.None);
        await store.RecordEndsAsync([Ended(call, CallDisposition.Rang)], CancellationToken.None);

        await store.RecordReportedAsync([call.AttemptId], [], CancellationToken.None);

        await MakeReportsDueAsync();
        Assert.Single(await store.TakeUnreportedAsync(100, CancellationToken.None));
    }

    [Fact]
    public async Task Old_attempts_are_forgotten_once_they_are_reported()
    {
        var store = await Database.LivingStoreAsync("a");
        var calls = Enumerable.Range(0, 4).Select(_ => Commands.Place("trunk")).ToArray();
        foreach (var call in calls)
            await PlaceAsync(store, call);
        await store.RecordEndsAsync([.. calls.Skip(1).Select(call => Ended(call, CallDisposition.Rang))], CancellationToken.None);
        await store.RecordReportedAsync([], [.. calls.Skip(2).Select(call => call.AttemptId)], CancellationToken.None);
        await using var age = Database.Data.CreateCommand(
            "update attempts set recorded_at = now() - interval '3 days' where attempt_id = any($1)");
        age.Parameters.Add(new() { Value = calls.Take(3).Select(call => call.AttemptId).ToArray() });
        await age.ExecuteNonQueryAsync();

        // Left: one under way, one not reported, one that is young.
        Assert.Equal(1, await store.ForgetAsync(TimeSpan.FromDays(2), CancellationToken.None));
        Assert.Null(await PlaceAsync(store, calls[2]));
        Assert.NotNull(await PlaceAsync(store, calls[0]));
    }

    private static Task<Attempt?> PlaceAsync(AttemptStore store, PlaceFlashCall call) =>
        store.PlaceAsync(call, Now, traceParent: null, CancellationToken.None);

    private static FlashCallRinging Ringing(PlaceFlashCall call) =>
        new() { VerificationId = call.VerificationId, AttemptId = call.AttemptId, InvitedAt = Now, RangAt = Now.AddSeconds(2) };

    private static FlashCallEnded Ended(PlaceFlashCall call, CallDisposition disposition) => new()
    {
        VerificationId = call.VerificationId,
        AttemptId = call.AttemptId,
        Disposition = disposition,
        InvitedAt = Now,
        EndedAt = Now.AddSeconds(5),
        Answered = disposition == CallDisposition.Answered,
    };

    private static Task<IReadOnlyList<Attempt>[]> InterruptAsync(IEnumerable<AttemptStore> stores) =>
        Task.WhenAll(stores.Select(store => store.InterruptOrphansAsync(Now.AddSeconds(9), CancellationToken.None)));

    private async Task MakeReportsDueAsync()
    {
        await using var command = Database.Data.CreateCommand("update attempts set report_due_at = now() where report_due_at is not null");
        await command.ExecuteNonQueryAsync();
    }
}
