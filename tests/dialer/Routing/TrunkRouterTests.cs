using System.Diagnostics;
using System.Diagnostics.Metrics;
using FlashCall.Dialer.Routing;
using FlashCall.Dialer.Tests.Support;
using FlashCall.Dialer.Trunks;
using FlashCall.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.Dialer.Tests.Routing;

/// <summary>The way of a call over the trunks that may take it.</summary>
public sealed class TrunkRouterTests(ServersFixture servers) : IAsyncLifetime
{
    private const string Covering = "+44207946xxxx";
    private readonly FakeTimeProvider _time = new();
    private DialerDatabase? _database;
    private LimitedReplica? _replica;
    private TrunkConditions? _conditions;

    private TrunkLimits Limits => _replica!.Limits;

    private TrunkConditions Conditions => _conditions!;

    public async ValueTask InitializeAsync()
    {
        _database = await DialerDatabase.CreateAsync(servers);
        _replica = await LimitedReplica.LivingAsync(_database, "a");
        _conditions = new TrunkConditions(_replica.Metrics, _time, NullLogger<TrunkConditions>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        if (_replica is not null)
            await _replica.DisposeAsync();
        if (_database is not null)
            await _database.DisposeAsync();
    }

    [Fact]
    public async Task A_call_that_is_failed_goes_to_each_trunk_once_in_order_of_priority()
    {
        var route = Plan(0, await FullAsync("a", priority: 1), Open("b", 1), Open("c", 2), Open("d", 3));
        Assert.Equal(["b", "c", "d"], await GoAllAsync(route));
        Assert.Equal(NoTrunk.Congested, await WhyAsync(route));
        Assert.Equal(NoTrunk.Congested, await WhyAsync(route));

        route = Plan(0, Open("b", 1), Open("c", 2));
        Assert.Equal(["b", "c"], await GoAllAsync(route));
        Assert.Equal(NoTrunk.Exhausted, await WhyAsync(route));
    }

    [Fact]
    public async Task Without_any_trunk_the_reason_is_that_of_the_choice()
    {
        Assert.Equal(NoTrunk.CallerId, await WhyAsync(Plan(0)));
        Assert.Equal(NoTrunk.Draining, await WhyAsync(Plan(0, Open("a", 1) with { State = TrunkState.Draining })));
    }

    [Fact]
    public async Task Of_the_first_priority_any_with_room_is_taken_before_the_call_waits()
    {
        // A call that waited for the full one, which is drawn first nearly always, would wait for 100 s.
        Trunk[] trunks = [(await FullAsync("full", priority: 1)) with { Weight = 1000 }, Open("free", 1), Open("second", 2)];
        using var leg = await GoAsync(Plan(5, trunks));
        Assert.Equal("free", leg.Trunk.Name);
    }

    [Fact]
    public async Task A_call_waits_a_moment_for_the_first_priority_before_it_takes_the_second()
    {
        var first = Open("first", 1) with { Channels = 1 };
        var held = await Limits.TakeAsync(first, TimeSpan.FromSeconds(20), CancellationToken.None);
        var waits = GoAsync(Plan(20, first, Open("second", 2)));
        await Eventually.TrueAsync(() => Limits.UseOf("first").Waiting == 1, "the call waits");
        held!.Dispose();
        using (var leg = await waits)
            Assert.Equal("first", leg.Trunk.Name);

        using var again = await Limits.TakeAsync(first, TimeSpan.FromSeconds(20), CancellationToken.None);
        var clock = Stopwatch.StartNew();
        using var other = await GoAsync(Plan(0.2, first, Open("second", 2)));
        Assert.Equal("second", other.Trunk.Name);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.2, 15);
    }

    [Fact]
    public async Task A_call_waits_for_all_of_one_priority_at_once_and_takes_one_of_them()
    {
        var free = Open("frees", 1) with { Channels = 1 };
        var held = await Limits.TakeAsync(free, TimeSpan.FromSeconds(20), CancellationToken.None);
        var waits = GoAsync(Plan(20, await FullAsync("x", 1), free, await FullAsync("y", 1)));
        await Eventually.TrueAsync(() => Limits.Use().Sum(use => use.Waiting) == 3, "the call waits for all three");
        held!.Dispose();

        using var leg = await waits;

        Assert.Equal("frees", leg.Trunk.Name);
        Assert.Equal((0, 1), (Limits.Use().Sum(use => use.Waiting), Limits.Use().Sum(use => use.InUse)));
    }

    [Fact]
    public async Task Room_that_two_trunks_get_at_once_is_taken_on_one()
    {
        for (var round = 0; round < 10; round++)
        {
            Trunk[] trunks = [.. ((string[])["x", "y", "z"]).Select(name => Open($"{name}{round}", 1) with { Channels = 1 })];
            var held = await Task.WhenAll(trunks.Select(trunk =>
                Limits.TakeAsync(trunk, TimeSpan.FromSeconds(20), CancellationToken.None).AsTask()));
            var waits = GoAsync(Plan(20, trunks));
            await Eventually.TrueAsync(() => Limits.Use().Sum(use => use.Waiting) == 3, "the call waits for all three");
            foreach (var slot in held)
                slot!.Dispose();
            using var leg = await waits;
            Assert.Equal(1, Limits.Use().Sum(use => use.InUse));
        }
    }

    [Fact]
    public async Task A_call_that_gives_up_while_it_waits_leaves_nothing_behind()
    {
        using var giveUp = new CancellationTokenSource();
        var waits = Plan(20, await FullAsync("x", 1), await FullAsync("y", 1)).NextAsync(giveUp.Token).AsTask();
        await Eventually.TrueAsync(() => Limits.Use().Sum(use => use.Waiting) == 2, "the call waits");
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits);
        Assert.Equal((0, 0), (Limits.Use().Sum(use => use.Waiting), Limits.Use().Sum(use => use.InUse)));
    }

    [Fact]
    public async Task Congestion_is_counted_by_trunk()
    {
        var counted = new List<(string Trunk, long Calls)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, meters) =>
            {
                if (instrument.Name == "flashcall.dialer.trunk.congested")
                    meters.EnableMeasurementEvents(instrument);
            },
        };
        var (one, two) = ($"one-{Guid.NewGuid():N}", $"two-{Guid.NewGuid():N}");
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            lock (counted)
                counted.Add(($"{tags[0].Value}", value));
        });
        listener.Start();
        Assert.Equal(NoTrunk.Congested, await WhyAsync(Plan(0, await FullAsync(one, 1), await FullAsync(two, 2))));
        lock (counted)
            Assert.Equal([(one, 1), (two, 1)], counted.Where(each => each.Trunk == one || each.Trunk == two));
    }

    [Fact]
    public async Task A_trunk_that_fails_three_calls_gets_none_until_its_time_is_over_and_then_one()
    {
        Trunk[] trunks = [Open("bad", 1), Open("good", 2)];
        for (var call = 0; call < 3; call++)
            await FailOnAsync("bad", trunks);
        using (var leg = await GoAsync(Plan(0, trunks)))
            Assert.Equal("good", leg.Trunk.Name);
        Assert.Equal(NoTrunk.Down, await WhyAsync(Plan(0, trunks[0])));

        _time.Advance(TrunkBreaker.FirstHold);
        using var trying = await GoAsync(Plan(0, trunks));
        Assert.Equal("bad", trying.Trunk.Name);
        using (var leg = await GoAsync(Plan(0, trunks)))
            Assert.Equal("good", leg.Trunk.Name);

        trying.Report(new TrunkOutcome.Ok());
        using (var leg = await GoAsync(Plan(0, trunks)))
            Assert.Equal("bad", leg.Trunk.Name);
    }

    [Fact]
    public async Task Of_calls_that_come_at_once_to_a_trunk_that_was_out_one_finds_out()
    {
        Trunk[] trunks = [Open("bad", 1), Open("good", 2)];
        for (var call = 0; call < 3; call++)
            await FailOnAsync("bad", trunks);
        _time.Advance(TrunkBreaker.FirstHold);

        // All are planned while the trunk would take one.
        var routes = Enumerable.Range(0, 10).Select(_ => Plan(0, trunks)).ToArray();
        var legs = await Task.WhenAll(routes.Select(GoAsync));

        Assert.Equal(1, legs.Count(leg => leg.Trunk.Name == "bad"));
        Assert.Equal(1, Limits.UseOf("bad").InUse);
    }

    [Fact]
    public async Task A_call_that_ends_without_showing_anything_leaves_finding_out_to_the_next()
    {
        var trunk = Open("bad", 1);
        for (var call = 0; call < 3; call++)
            await FailOnAsync("bad", trunk);
        _time.Advance(TrunkBreaker.FirstHold);
        foreach (var end in (Action<TrunkLeg>[])[leg => leg.Dispose(), leg => leg.GiveBack()])
        {
            var leg = await GoAsync(Plan(0, trunk));
            Assert.Equal(NoTrunk.Down, await WhyAsync(Plan(0, trunk)));
            end(leg);
        }
        using var last = await GoAsync(Plan(0, trunk));
    }

    [Fact]
    public async Task A_trunk_that_fell_out_while_the_call_was_elsewhere_is_passed_over()
    {
        var route = Plan(0, Open("first", 1), Open("second", 2), Open("third", 3));
        using var leg = await GoAsync(route);
        for (var call = 0; call < 3; call++)
            await FailOnAsync("second", Open("second", 2));
        using var next = await GoAsync(route);
        Assert.Equal("third", next.Trunk.Name);
    }

    [Fact]
    public async Task A_trunk_in_the_callees_way_is_left_by_its_own_wish()
    {
        Trunk[] trunks = [Open("busy", 1), Open("good", 2)];
        using (var leg = await GoAsync(Plan(0, trunks)))
            leg.Report(TrunkOutcome.OfStatus(503, TimeSpan.FromSeconds(3))!);
        using (var leg = await GoAsync(Plan(0, trunks)))
            Assert.Equal("good", leg.Trunk.Name);
        Assert.Equal(OutReason.RetryAfter, Assert.IsType<BreakerState.Open>(Conditions.BreakerOf("busy")).Reason);
        _time.Advance(TimeSpan.FromSeconds(3));
        using (var leg = await GoAsync(Plan(0, trunks)))
            Assert.Equal("busy", leg.Trunk.Name);
    }

    private static Trunk Open(string name, int priority) => Trunks.Named(name).Presenting(Covering) with { Priority = priority };

    /// <summary>A trunk whose next token comes in a hundred seconds.</summary>
    private async Task<Trunk> FullAsync(string name, int priority)
    {
        var trunk = Open(name, priority) with { CallsPerSecond = 0.01, Burst = 1 };
        using var slot = await Limits.TakeAsync(trunk, TimeSpan.FromSeconds(20), CancellationToken.None);
        Assert.NotNull(slot);
        return trunk;
    }

    private TrunkRoute Plan(double waitSeconds, params Trunk[] trunks)
    {
        var settings = new DialerSettings { CongestionWait = TimeSpan.FromSeconds(waitSeconds) };
        return new TrunkRouter(Limits, Conditions, settings, _replica!.Metrics)
            .Plan(trunks, Commands.Callee, Commands.CallerId, leasedOn: "none");
    }

    private static async Task<TrunkLeg> GoAsync(TrunkRoute route) =>
        Assert.IsType<RouteStep.Go>(await route.NextAsync(CancellationToken.None)).Leg;

    private static async Task<NoTrunk> WhyAsync(TrunkRoute route) =>
        Assert.IsType<RouteStep.None>(await route.NextAsync(CancellationToken.None)).Why;

    private static async Task<List<string>> GoAllAsync(TrunkRoute route)
    {
        var names = new List<string>();
        while (await route.NextAsync(CancellationToken.None) is RouteStep.Go go)
        {
            names.Add(go.Leg.Trunk.Name);
            go.Leg.Dispose();
        }
        return names;
    }

    private async Task FailOnAsync(string expected, params Trunk[] trunks)
    {
        using var leg = await GoAsync(Plan(0, trunks));
        Assert.Equal(expected, leg.Trunk.Name);
        leg.Report(new TrunkOutcome.Failed());
    }
}
