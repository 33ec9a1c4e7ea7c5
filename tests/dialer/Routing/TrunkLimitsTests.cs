using System.Collections.Concurrent;
using System.Diagnostics;
using FlashCall.Dialer.Attempts;
using FlashCall.Dialer.Routing;
using FlashCall.Dialer.Tests.Support;
using FlashCall.Dialer.Trunks;
using FlashCall.Testing;
using Npgsql;
using Xunit;

namespace FlashCall.Dialer.Tests.Routing;

/// <summary>Limits over several replicas at once, on a real server.</summary>
public sealed class TrunkLimitsTests(ServersFixture servers) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly List<LimitedReplica> _replicas = [];
    private DialerDatabase? _database;

    private DialerDatabase Database => _database!;

    public async ValueTask InitializeAsync() => _database = await DialerDatabase.CreateAsync(servers);

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
            await replica.DisposeAsync();
        if (_database is not null)
            await _database.DisposeAsync();
    }

    [Fact]
    public async Task Calls_per_second_hold_in_every_stretch_of_time_whoever_places_them()
    {
        const double Rate = 50;
        const int Burst = 5;
        const int Wanted = 80;
        var trunk = Trunks.Named("trunk") with { CallsPerSecond = Rate, Burst = Burst };
        var replicas = await ReplicasAsync(3);
        var granted = new ConcurrentBag<(double Asked, double Got)>();
        var clock = Stopwatch.StartNew();
        using var patience = new CancellationTokenSource(Patience);

        await Task.WhenAll(replicas.SelectMany(limits => Enumerable.Range(0, 4).Select(async _ =>
        {
            while (granted.Count < Wanted)
            {
                var asked = clock.Elapsed.TotalSeconds;
                using var slot = await limits.TakeAsync(trunk, TimeSpan.FromMilliseconds(50), patience.Token);
                if (slot is not null)
                    granted.Add((asked, clock.Elapsed.TotalSeconds));
            }
        })));

        // Each was granted somewhere between its two times, so any two times hold at least the calls that lie wholly between them.
        Assert.InRange(granted.Count, Wanted, int.MaxValue);
        foreach (var from in granted.Select(call => call.Asked))
        {
            foreach (var to in granted.Select(call => call.Got).Where(to => to > from))
            {
                var between = granted.Count(call => call.Asked >= from && call.Got <= to);
                Assert.True(between <= Burst + Rate * (to - from) + 1e-3, $"{between} calls between {from:0.000} and {to:0.000} s.");
            }
        }
    }

    [Fact]
    public async Task Channels_hold_at_every_moment_and_every_call_gets_its_turn()
    {
        const int Channels = 5;
        var trunk = Trunks.Named("trunk") with { Channels = Channels };
        var replicas = await ReplicasAsync(3);
        var (underWay, most, done) = (0, 0, 0);
        using var patience = new CancellationTokenSource(Patience);

        await Task.WhenAll(replicas.SelectMany(limits => Enumerable.Range(0, 8).Select(async _ =>
        {
            for (var call = 0; call < 5; call++)
            {
                using var slot = await limits.TakeAsync(trunk, Patience, patience.Token);
                Assert.NotNull(slot);
                var now = Interlocked.Increment(ref underWay);
                InterlockedMax(ref most, now);
                await Task.Yield();
                Interlocked.Decrement(ref underWay);
                Interlocked.Increment(ref done);
            }
        })));

        Assert.Equal(3 * 8 * 5, done);
        Assert.InRange(most, 1, Channels);
        await Eventually.TrueAsync(
            async () => await ChannelsInUseAsync(trunk) == 0, "all channels are free when all calls are over");
    }

    [Fact]
    public async Task All_replicas_together_get_all_channels_and_no_more_also_of_a_trunk_that_none_has_used_before()
    {
        var replicas = await ReplicasAsync(3);
        for (var round = 0; round < 20; round++)
        {
            var trunk = Trunks.Named($"trunk-{round}") with { Channels = 7 };
            var slots = await Task.WhenAll(replicas.SelectMany(limits =>
                Enumerable.Range(0, 5).Select(_ => limits.TakeAsync(trunk, TimeSpan.Zero, CancellationToken.None).AsTask())));
            Assert.Equal(7, slots.Count(slot => slot is not null));
            Assert.Equal(7, await ChannelsInUseAsync(trunk));
        }
    }

    [Fact]
    public async Task A_channel_that_comes_free_here_is_soon_known_elsewhere()
    {
        var trunk = Trunks.Named("trunk") with { Channels = 1 };
        var replicas = await ReplicasAsync(2);
        var slot = await TakeAsync(replicas[0], trunk);
        var waiting = replicas[1].TakeAsync(trunk, Patience, CancellationToken.None);
        Assert.Null(await replicas[1].TakeAsync(trunk, TimeSpan.FromMilliseconds(200), CancellationToken.None));
        slot.Dispose();
        Assert.NotNull(await waiting);
    }

    [Fact]
    public async Task The_channels_of_a_dead_replica_come_free()
    {
        var trunk = Trunks.Named("trunk") with { Channels = 2 };
        var replicas = await ReplicasAsync(2);
        await TakeAsync(replicas[0], trunk);
        await TakeAsync(replicas[0], trunk);
        var waiting = replicas[1].TakeAsync(trunk, Patience, CancellationToken.None);
        Assert.Null(await replicas[1].TakeAsync(trunk, TimeSpan.Zero, CancellationToken.None));

        await Database.KillAsync("replica-0");

        Assert.NotNull(await waiting);
        await Assert.ThrowsAsync<ReplicaNotAliveException>(async () => await replicas[0].TakeAsync(trunk, Patience, CancellationToken.None));
    }

    [Fact]
    public async Task Calls_get_room_in_the_order_in_which_they_came()
    {
        var trunk = Trunks.Named("trunk") with { Channels = 1 };
        var limits = (await ReplicasAsync(1))[0];
        var held = await TakeAsync(limits, trunk);
        var waiting = Enumerable.Range(0, 8).Select(_ => limits.TakeAsync(trunk, Patience, CancellationToken.None).AsTask()).ToList();
        foreach (var next in waiting)
        {
            held.Dispose();
            held = (await next)!;
            Assert.Equal(waiting.IndexOf(next) + 1, waiting.Count(call => call.IsCompleted));
        }
    }

    [Fact]
    public async Task A_call_that_gives_up_leaves_its_place_to_the_next()
    {
        var trunk = Trunks.Named("trunk") with { Channels = 1 };
        var limits = (await ReplicasAsync(1))[0];
        var held = await TakeAsync(limits, trunk);
        using var giveUp = new CancellationTokenSource();
        var first = limits.TakeAsync(trunk, Patience, giveUp.Token);
        var second = limits.TakeAsync(trunk, Patience, CancellationToken.None);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await first);
        Assert.Equal(1, limits.UseOf("trunk").Waiting);

        held.Dispose();

        using var slot = await second;
        Assert.NotNull(slot);
        Assert.Equal((1, 0), (limits.UseOf("trunk").InUse, limits.UseOf("trunk").Waiting));
    }

    [Fact]
    public async Task A_call_that_was_given_up_before_takes_nothing()
    {
        var limits = (await ReplicasAsync(1))[0];
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await limits.TakeAsync(Trunks.Named("trunk") with { Channels = 1 }, Patience, new CancellationToken(canceled: true)));
        Assert.Equal(0, limits.UseOf("trunk").InUse);
    }

    [Fact]
    public async Task Calls_that_give_up_all_the_time_lose_no_room()
    {
        var trunk = Trunks.Named("trunk") with { Channels = 3, CallsPerSecond = 10_000, Burst = 10_000 };
        var limits = (await ReplicasAsync(1))[0];
        await Task.WhenAll(Enumerable.Range(0, 300).Select(async each =>
        {
            using var giveUp = new CancellationTokenSource(TimeSpan.FromMilliseconds(each % 40));
            try
            {
                using var slot = await limits.TakeAsync(trunk, Patience, giveUp.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.True(giveUp.IsCancellationRequested);
            }
        }));
        await Eventually.TrueAsync(async () => await ChannelsInUseAsync(trunk) == 0, "all channels are free");
        var slots = await Task.WhenAll(
            Enumerable.Range(0, 3).Select(_ => limits.TakeAsync(trunk, TimeSpan.Zero, CancellationToken.None).AsTask()));
        Assert.DoesNotContain(null, slots);
    }

    [Fact]
    public async Task A_call_waits_as_long_as_it_may_and_not_longer()
    {
        var trunk = Trunks.Named("trunk") with { CallsPerSecond = 0.01, Burst = 1 };
        var limits = (await ReplicasAsync(1))[0];
        await TakeAsync(limits, trunk);
        var clock = Stopwatch.StartNew();
        Assert.Null(await limits.TakeAsync(trunk, TimeSpan.FromMilliseconds(150), CancellationToken.None));
        Assert.InRange(clock.ElapsedMilliseconds, 150, 10_000);
    }

    [Fact]
    public async Task A_call_that_never_went_out_leaves_its_token_to_another()
    {
        var trunk = Trunks.Named("trunk") with { CallsPerSecond = 0.01, Burst = 1 };
        var limits = (await ReplicasAsync(1))[0];
        var slot = await TakeAsync(limits, trunk);
        var waiting = limits.TakeAsync(trunk, Patience, CancellationToken.None);
        slot.GiveBack();
        slot.Dispose();
        using var another = await waiting;
        Assert.NotNull(another);
        Assert.Null(await limits.TakeAsync(trunk, TimeSpan.Zero, CancellationToken.None));
        Assert.Equal(1, limits.UseOf("trunk").InUse);
    }

    [Fact]
    public async Task Room_that_is_given_back_twice_comes_back_once()
    {
        var trunk = Trunks.Named("trunk");
        var limits = (await ReplicasAsync(1))[0];
        await TakeAsync(limits, trunk);
        var slot = await TakeAsync(limits, trunk);
        slot.Dispose();
        slot.Dispose();
        slot.GiveBack();
        Assert.Equal(1, limits.UseOf("trunk").InUse);
        Assert.Equal(0.2, limits.UseOf("trunk").CallsPerSecond);
    }

    [Fact]
    public async Task Without_a_database_no_limited_call_goes_out_and_every_unlimited_one_does()
    {
        await using var nowhere = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Username=nobody;Timeout=2");
        await using var replica = new LimitedReplica(nowhere);
        var limited = Trunks.Named("limited") with { Channels = 100 };
        var calls = Enumerable.Range(0, 3).Select(_ => replica.Limits.TakeAsync(limited, Patience, CancellationToken.None).AsTask());
        foreach (var call in calls.ToArray())
            await Assert.ThrowsAsync<NpgsqlException>(() => call);
        Assert.Equal(0, replica.Limits.UseOf("limited").InUse);

        using var slot = await replica.Limits.TakeAsync(Trunks.Named("unlimited"), TimeSpan.Zero, CancellationToken.None);
        Assert.NotNull(slot);
    }

    [Fact]
    public async Task A_trunk_that_gets_a_limit_counts_the_calls_it_carries_already()
    {
        var trunk = Trunks.Named("trunk");
        var limits = (await ReplicasAsync(1))[0];
        await TakeAsync(limits, trunk);
        await TakeAsync(limits, trunk);
        await TakeAsync(limits, trunk with { Channels = 3 });
        Assert.Null(await limits.TakeAsync(trunk with { Channels = 3 }, TimeSpan.Zero, CancellationToken.None));
        Assert.Equal(3, await ChannelsInUseAsync(trunk with { Channels = 3 }));
    }

    [Fact]
    public async Task A_replica_that_stops_lets_its_calls_go_and_takes_its_channels_back()
    {
        var trunk = Trunks.Named("trunk") with { Channels = 1 };
        var replicas = await ReplicasAsync(2);
        await TakeAsync(replicas[0], trunk);
        var waiting = replicas[0].TakeAsync(trunk, Patience, CancellationToken.None);
        await _replicas[0].StopAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waiting);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await replicas[0].TakeAsync(trunk, Patience, CancellationToken.None));
        using var slot = await TakeAsync(replicas[1], trunk);
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var known = Volatile.Read(ref most); value > known;)
        {
            var before = Interlocked.CompareExchange(ref most, value, known);
            if (before == known)
                return;
            known = before;
        }
    }

    private static async Task<TrunkSlot> TakeAsync(TrunkLimits limits, Trunk trunk)
    {
        var slot = await limits.TakeAsync(trunk, Patience, CancellationToken.None);
        Assert.NotNull(slot);
        return slot;
    }

    private async Task<int?> ChannelsInUseAsync(Trunk trunk) =>
        (await _replicas[0].Store.ReadAsync(trunk.Name, TrunkLimit.Of(trunk), CancellationToken.None)).Channels;

    private async Task<TrunkLimits[]> ReplicasAsync(int count)
    {
        for (var index = 0; index < count; index++)
            _replicas.Add(await LimitedReplica.LivingAsync(Database, $"replica-{index}"));
        return [.. _replicas.Select(replica => replica.Limits)];
    }
}
