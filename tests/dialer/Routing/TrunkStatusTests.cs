using System.Net;
using FlashCall.Dialer.Routing;
using FlashCall.Dialer.Signalling;
using FlashCall.Dialer.Tests.Support;
using FlashCall.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.Dialer.Tests.Routing;

public sealed class TrunkStatusTests(ServersFixture servers)
{
    [Fact]
    public async Task What_is_known_of_a_trunk_is_shown_in_one_place()
    {
        var time = new FakeTimeProvider();
        var settings = new DialerSettings { SipListen = new IPEndPoint(IPAddress.Loopback, 0), SipT1 = TimeSpan.FromMilliseconds(50) };
        await using var peer = new OptionsPeer();
        var trunk = Trunks.Named("trunk") with
        {
            Addresses = [peer.Address],
            CallsPerSecond = 0.01,
            Burst = 5,
            Channels = 4,
        };
        await using var database = await DialerDatabase.CreateAsync(servers);
        await using var here = await LimitedReplica.LivingAsync(database, "here");
        await using var elsewhere = await LimitedReplica.LivingAsync(database, "elsewhere");
        await using var sip = new SipEndpoint(settings, TimeProvider.System, NullLogger<SipEndpoint>.Instance);
        await sip.StartAsync(CancellationToken.None);
        var conditions = new TrunkConditions(here.Metrics, time, NullLogger<TrunkConditions>.Instance);
        using var health = new TrunkHealth(
            new TrunkSource(() => [trunk]), new OptionsProbe(sip, settings, TimeProvider.System), conditions, here.Metrics,
            TimeProvider.System, NullLogger<TrunkHealth>.Instance);
        var statuses = new TrunkStatuses(conditions, health, here.Limits, here.Store);

        var before = await statuses.OfAsync(trunk, CancellationToken.None);
        Assert.Equal(
            (Admission.All, null, null, 0, 0, 0, 0, 5),
            (before.Admission, before.OutReason, before.OutUntil, before.CallsHere, before.WaitingHere, before.CallsPerSecondHere,
                before.ChannelsInUse, before.Tokens));
        Assert.Empty(before.Addresses);

        await health.StartAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => health.Of("trunk") is [{ Reachability: Reachability.Up }], "the trunk answers OPTIONS");
        using var slot = await here.Limits.TakeAsync(trunk, TimeSpan.Zero, CancellationToken.None);
        using var other = await elsewhere.Limits.TakeAsync(trunk, TimeSpan.Zero, CancellationToken.None);
        conditions.Report("trunk", new TrunkOutcome.Busy(TimeSpan.FromSeconds(30)), time.GetUtcNow());

        var status = await statuses.OfAsync(trunk, CancellationToken.None);
        Assert.Equal(
            ("trunk", Admission.None, OutReason.RetryAfter, time.GetUtcNow().AddSeconds(30), 1, 0, 0.1, 2),
            (status.Name, status.Admission, status.OutReason, status.OutUntil, status.CallsHere, status.WaitingHere,
                status.CallsPerSecondHere, status.ChannelsInUse));
        Assert.InRange(status.Tokens!.Value, 3, 3.9);
        Assert.Equal((peer.Address, 200), (status.Addresses[0].Address, status.Addresses[0].Status));
        await health.StopAsync(CancellationToken.None);
    }
}
