using System.Text;
using FlashCall.Contracts;
using FlashCall.Dialer.Tests.Support;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.Dialer.Tests;

/// <summary>Running dialers keep the number pool informed while calls go on.</summary>
public sealed class TrunkNewsTests(ServersFixture servers)
{
    [Fact]
    public async Task The_pool_learns_of_failing_calls_and_of_what_operators_change_from_each_replica()
    {
        await using var peer = new SipPeer();
        await using var platform = await TestPlatform.StartAsync(servers);
        var trunks = new Dictionary<string, string> { ["carrier"] = peer.Address };
        await using var first = await DialerReplica.StartAsync(platform, trunks);
        await using var second = await DialerReplica.StartAsync(platform, trunks);
        await UntilAsync("both replicas", () => platform.News.Select(news => news.Replica).Distinct().Count() == 2);
        Assert.All(platform.News, news => Assert.Equal(("carrier", true, 0), Only(news)));

        // Three failures in a row are what a breaker takes; which replica gets a call is the broker's choice.
        peer.OnInvite = invite => invite.Respond(503);
        var calls = Enumerable.Range(0, 12).Select(_ => Commands.Place("carrier")).ToList();
        await Task.WhenAll(calls.Select(platform.SendAsync));
        foreach (var call in calls)
            await platform.EndOfAsync(call);
        await UntilAsync("a trunk that is held out", () => platform.News.Any(news => !Only(news).Usable));

        using var client = Operator.Client(first.Http);
        using var body = new StringContent(
            """{ "addresses": ["192.0.2.1"], "destinations": [{ "prefix": "+46" }], "optionsIntervalSeconds": 0 }""", Encoding.UTF8, "application/json");
        (await client.PutAsync("/v1/trunks/other", body)).EnsureSuccessStatusCode().Dispose();
        await UntilAsync("the new trunk, from both", () => Newest().All(news => news.Trunks is [_, { Name: "other", Usable: true, Destinations: ["+46"] }]));
        (await client.PostAsync("/v1/trunks/other/drain", content: null)).EnsureSuccessStatusCode().Dispose();
        await UntilAsync("the drained trunk, from both", () => Newest().All(news => news.Trunks is [_, { Name: "other", Usable: false }]));

        IEnumerable<TrunkNews> Newest() => platform.News.GroupBy(news => news.Replica).Select(replica => replica.MaxBy(news => news.At)!);
    }

    [Fact]
    public async Task A_replica_that_stops_says_nothing_false_on_its_way_out()
    {
        await using var peer = new SipPeer();
        await using var platform = await TestPlatform.StartAsync(servers);
        await using (var dialer = await DialerReplica.StartAsync(platform, new Dictionary<string, string> { ["carrier"] = peer.Address }))
        {
            await UntilAsync("the first news", () => platform.News.Count > 0);
            var call = Commands.Place("carrier", ringSeconds: 30);
            await platform.SendAsync(call);
            await platform.RingingOfAsync(call);
            await dialer.StopAsync();
        }

        Assert.All(platform.News, news => Assert.Equal(("carrier", true, 0), Only(news)));
    }

    private static (string Name, bool Usable, int Destinations) Only(TrunkNews news)
    {
        var trunk = Assert.Single(news.Trunks);
        return (trunk.Name, trunk.Usable, trunk.Destinations.Count);
    }

    private static Task UntilAsync(string what, Func<bool> come) => Eventually.TrueAsync(come, what, TimeSpan.FromSeconds(20));
}
