using FlashCall.Dialer.Attempts;
using FlashCall.Dialer.Routing;
using FlashCall.Dialer.Tests.Support;
using FlashCall.Hosting;
using FlashCall.Testing;
using Npgsql;
using Xunit;

namespace FlashCall.Dialer.Tests.Routing;

/// <summary>What one claim is granted, on a real server. Buckets fill so slowly here that no test can be too slow for them.</summary>
public sealed class LimitStoreTests(ServersFixture servers) : IAsyncLifetime
{
    private static readonly TrunkLimit Slow = new(CallsPerSecond: 0.01, Burst: 5, Channels: null);
    private static readonly TrunkLimit FiveChannels = new(CallsPerSecond: null, Burst: 1, Channels: 5);
    private DialerDatabase? _database;

    private DialerDatabase Database => _database!;

    public async ValueTask InitializeAsync() => _database = await DialerDatabase.CreateAsync(servers);

    public ValueTask DisposeAsync() => _database?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task A_bucket_begins_full_and_is_emptied_once_for_all_replicas()
    {
        var (a, b) = (await LivingAsync("a"), await LivingAsync("b"));
        Assert.Equal(3, (await ClaimAsync(a, Slow, 3)).Granted);
        var answer = await ClaimAsync(b, Slow, 3);
        Assert.Equal(2, answer.Granted);
        Assert.InRange(answer.Tokens!.Value, 0, 0.9);
        Assert.Null(answer.ChannelsLeft);
        Assert.Equal(0, (await ClaimAsync(a, Slow, 1)).Granted);
    }

    [Fact]
    public async Task A_bucket_fills_with_time_up_to_its_burst()
    {
        var store = await LivingAsync("a");
        await ClaimAsync(store, Slow, 5);
        await RefilledAsync("250 seconds");
        Assert.Equal(2, (await ClaimAsync(store, Slow, 9)).Granted);
        // The half is not lost.
        await RefilledAsync("51 seconds");
        Assert.Equal(1, (await ClaimAsync(store, Slow, 9)).Granted);
        await RefilledAsync("1 day");
        Assert.Equal(5, (await ClaimAsync(store, Slow, 9)).Granted);
    }

    [Fact]
    public async Task A_server_clock_that_is_set_back_neither_fills_nor_empties_a_bucket()
    {
        var store = await LivingAsync("a");
        await ClaimAsync(store, Slow, 3);
        await RefilledAsync("-1 hour");
        Assert.Equal(2, (await ClaimAsync(store, Slow, 9)).Granted);
        await RefilledAsync("101 seconds");
        Assert.Equal(1, (await ClaimAsync(store, Slow, 9)).Granted);
    }

    [Fact]
    public async Task What_was_granted_and_not_used_is_there_again_but_never_more_than_the_burst()
    {
        var store = await LivingAsync("a");
        await ClaimAsync(store, Slow, 4);
        Assert.Equal(3, (await ClaimAsync(store, Slow, 9, unspent: 2)).Granted);
        Assert.Equal(5, (await ClaimAsync(store, Slow, 9, unspent: 50)).Granted);
    }

    [Fact]
    public async Task Channels_are_counted_over_all_replicas()
    {
        var (a, b) = (await LivingAsync("a"), await LivingAsync("b"));
        Assert.Equal((3, 2), Granted(await ClaimAsync(a, FiveChannels, 3, channels: 0)));
        Assert.Equal((2, 0), Granted(await ClaimAsync(b, FiveChannels, 3, channels: 0)));
        Assert.Equal((0, 0), Granted(await ClaimAsync(a, FiveChannels, 3, channels: 3)));
        // One call of b is over.
        await ClaimAsync(b, FiveChannels, 0, channels: 1);
        Assert.Equal((1, 0), Granted(await ClaimAsync(a, FiveChannels, 3, channels: 3)));
        Assert.Equal((null, 5), await a.ReadAsync("trunk", FiveChannels, CancellationToken.None));
    }

    [Fact]
    public async Task Each_claim_heals_what_an_earlier_one_left_wrong()
    {
        var (a, b) = (await LivingAsync("a"), await LivingAsync("b"));
        // Granted, but the answer was lost: a uses none of them.
        await ClaimAsync(a, FiveChannels, 5, channels: 0);
        Assert.Equal((0, 0), Granted(await ClaimAsync(b, FiveChannels, 1, channels: 0)));
        await ClaimAsync(a, FiveChannels, 0, channels: 0);
        Assert.Equal((1, 4), Granted(await ClaimAsync(b, FiveChannels, 1, channels: 0)));
    }

    [Fact]
    public async Task The_channels_of_a_dead_replica_come_free_and_count_again_if_it_only_slept()
    {
        var (a, b) = (await LivingAsync("a"), await LivingAsync("b"));
        await ClaimAsync(a, FiveChannels, 4, channels: 0);
        await Database.KillAsync("a");
        Assert.Equal((3, 2), Granted(await ClaimAsync(b, FiveChannels, 3, channels: 0)));
        await LivingAsync("a");
        Assert.Equal((0, -2), Granted(await ClaimAsync(b, FiveChannels, 1, channels: 3)));
    }

    [Fact]
    public async Task A_replica_that_counts_as_dead_is_granted_nothing()
    {
        var store = await LivingAsync("a");
        await ClaimAsync(store, Slow, 1);
        await Database.KillAsync("a");
        await Assert.ThrowsAsync<ReplicaNotAliveException>(() => ClaimAsync(store, Slow, 1));
        await Assert.ThrowsAsync<ReplicaNotAliveException>(() => ClaimAsync(StoreOf("unheard-of"), Slow, 1));
        Assert.Equal(4, (await ClaimAsync(await LivingAsync("b"), Slow, 9)).Granted);
    }

    [Fact]
    public async Task Both_limits_hold_at_once()
    {
        var both = new TrunkLimit(CallsPerSecond: 0.01, Burst: 5, Channels: 3);
        var store = await LivingAsync("a");
        var answer = await ClaimAsync(store, both, 9, channels: 0);
        Assert.Equal((3, 0), Granted(answer));
        Assert.InRange(answer.Tokens!.Value, 2, 2.9);
        Assert.Equal((2, 1), Granted(await ClaimAsync(store, both, 9, channels: 0)));
        Assert.Equal((0, 3), Granted(await ClaimAsync(store, both, 9, channels: 0)));
    }

    [Fact]
    public async Task A_lowered_limit_counts_from_the_next_claim_on()
    {
        var store = await LivingAsync("a");
        await ClaimAsync(store, FiveChannels, 5, channels: 0);
        Assert.Equal((0, -3), Granted(await ClaimAsync(store, FiveChannels with { Channels = 2 }, 1, channels: 5)));
        await ClaimAsync(store, Slow, 0);
        Assert.Equal(1, (await ClaimAsync(store, Slow with { Burst = 1 }, 9)).Granted);
    }

    [Fact]
    public async Task Trunks_do_not_share()
    {
        var store = await LivingAsync("a");
        Assert.Equal(5, (await ClaimAsync(store, Slow, 9)).Granted);
        Assert.Equal(5, (await store.ClaimAsync("another", Slow, new Claim(9, Channels: null, 0), CancellationToken.None)).Granted);
    }

    [Fact]
    public async Task A_row_that_was_removed_by_hand_is_made_anew()
    {
        var store = await LivingAsync("a");
        await ClaimAsync(store, Slow, 5);
        await using (var remove = Database.Data.CreateCommand("delete from trunk_limits"))
            await remove.ExecuteNonQueryAsync();
        await Assert.ThrowsAsync<NpgsqlException>(() => ClaimAsync(store, Slow, 1));
        Assert.Equal(1, (await ClaimAsync(store, Slow, 1)).Granted);
    }

    [Fact]
    public async Task What_a_gone_replica_leaves_behind_is_removed_and_what_a_sleeping_one_left_is_not()
    {
        await ClaimAsync(await LivingAsync("alive"), FiveChannels, 1, channels: 0);
        await ClaimAsync(await LivingAsync("asleep"), FiveChannels, 1, channels: 0);
        await ClaimAsync(await LivingAsync("gone"), FiveChannels, 1, channels: 0);
        await Database.KillAsync("asleep");
        await Database.StoreOf("gone").RetireAsync(CancellationToken.None);

        Assert.Equal(1, await new GoneReplicas(Database.Data).SweepAsync(CancellationToken.None));

        await using var left = Database.Data.CreateCommand("select array_agg(instance order by instance) from trunk_channels");
        Assert.Equal(["alive", "asleep"], Assert.IsType<string[]>(await left.ExecuteScalarAsync()));
    }

    [Fact]
    public async Task A_replica_that_ends_takes_its_channels_back()
    {
        var (a, b) = (await LivingAsync("a"), await LivingAsync("b"));
        await ClaimAsync(a, FiveChannels, 3, channels: 0);
        await ClaimAsync(b, FiveChannels, 1, channels: 0);
        await a.ClearAsync(CancellationToken.None);
        Assert.Equal((null, 1), await b.ReadAsync("trunk", FiveChannels, CancellationToken.None));
    }

    [Fact]
    public async Task What_is_left_can_be_read_without_taking_any()
    {
        var store = await LivingAsync("a");
        Assert.Equal((5, null), await store.ReadAsync("trunk", Slow, CancellationToken.None));
        await ClaimAsync(store, Slow, 2);
        var (tokens, _) = await store.ReadAsync("trunk", Slow, CancellationToken.None);
        Assert.InRange(tokens!.Value, 3, 3.9);
        Assert.Equal((null, null), await store.ReadAsync("trunk", TrunkLimit.None, CancellationToken.None));
    }

    [Fact]
    public async Task A_claim_that_was_prepared_before_goes_as_the_first_did()
    {
        // As the service's connections are.
        var connection = new NpgsqlConnectionStringBuilder(Database.ConnectionString) { MaxAutoPrepare = 64, AutoPrepareMinUsages = 2 };
        await LivingAsync("a");
        await using var data = NpgsqlDataSource.Create(connection);
        var store = new LimitStore(data, new ServiceIdentity("dialer", "a"));
        for (var used = 0; used < 5; used++)
            Assert.Equal((1, 4 - used), Granted(await ClaimAsync(store, FiveChannels, 1, channels: used)));
        Assert.Equal((0, 0), Granted(await ClaimAsync(store, FiveChannels, 1, channels: 5)));
    }

    private static (int Granted, int? Left) Granted(ClaimAnswer answer) => (answer.Granted, answer.ChannelsLeft);

    private static Task<ClaimAnswer> ClaimAsync(LimitStore store, TrunkLimit limit, int wanted, int? channels = null, int unspent = 0) =>
        store.ClaimAsync("trunk", limit, new Claim(wanted, channels, unspent), CancellationToken.None);

    private LimitStore StoreOf(string replica) => new(Database.Data, new ServiceIdentity("dialer", replica));

    private async Task<LimitStore> LivingAsync(string replica)
    {
        await Database.LivingStoreAsync(replica);
        return StoreOf(replica);
    }

    /// <summary>Makes the bucket's last filling longer ago.</summary>
    private async Task RefilledAsync(string ago)
    {
        await using var command = Database.Data.CreateCommand($"update trunk_limits set refilled_at = refilled_at - interval '{ago}'");
        Assert.Equal(1, await command.ExecuteNonQueryAsync());
    }
}
