using System.Net.Sockets;
using CsCheck;
using FlashCall.Testing;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.Sip.Tests;

/// <summary>RFC 3263 §4, RFC 2782, RFC 8767.</summary>
public sealed class ResolverTests : IAsyncDisposable
{
    private readonly DnsServer _dns = new();
    private readonly FakeTimeProvider _time = new();

    public ValueTask DisposeAsync() => _dns.DisposeAsync();

    [Theory]
    [InlineData("192.0.2.7", null, SipTransportKind.Udp, "UDP 192.0.2.7:5060")]
    [InlineData("192.0.2.7", 5080, SipTransportKind.Tcp, "TCP 192.0.2.7:5080")]
    [InlineData("192.0.2.7", null, SipTransportKind.Tls, "TLS 192.0.2.7:5061")]
    [InlineData("[2001:db8::7]", null, SipTransportKind.Udp, "UDP [2001:db8::7]:5060")]
    [InlineData("2001:db8::7", 5070, SipTransportKind.Udp, "UDP [2001:db8::7]:5070")]
    public async Task An_address_is_not_asked_for(string host, int? port, SipTransportKind transport, string expected)
    {
        Assert.Equal([expected], await Resolve(Resolver(), host, port, transport));
        Assert.Empty(_dns.Asked);
    }

    [Fact]
    public async Task With_a_port_the_addresses_count()
    {
        _dns.Address("trunk.example", "127.0.0.1", "127.0.0.2").Service("_sip._udp.trunk.example", (1, 1, 5999, "trunk.example"));

        Assert.Equal(["UDP 127.0.0.1:5070", "UDP 127.0.0.2:5070"], await Resolve(Resolver(), "trunk.example", 5070));
        Assert.Equal(["trunk.example 1"], _dns.Asked);
    }

    [Theory]
    [InlineData(SipTransportKind.Udp, "UDP 127.0.0.1:5060", "_sip._udp.trunk.example 33")]
    [InlineData(SipTransportKind.Tls, "TLS 127.0.0.1:5061", "_sips._tcp.trunk.example 33")]
    public async Task Without_a_port_and_without_SRV_it_is_the_default_one(SipTransportKind transport, string expected, string asked)
    {
        _dns.Address("trunk.example", "127.0.0.1");

        Assert.Equal([expected], await Resolve(Resolver(), "trunk.example", null, transport));
        Assert.Equal([asked, "trunk.example 1"], _dns.Asked);
    }

    [Theory]
    [InlineData(SipTransportKind.Udp, "_sip._udp.trunk.example")]
    [InlineData(SipTransportKind.Tcp, "_sip._tcp.trunk.example")]
    [InlineData(SipTransportKind.Tls, "_sips._tcp.trunk.example")]
    public async Task SRV_gives_servers_in_their_order(SipTransportKind transport, string service)
    {
        _dns.Service(service, (20, 0, 5062, "second.example"), (10, 0, 5063, "first.example"), (30, 0, 5064, "gone.example"))
            .Address("first.example", "127.0.0.1", "127.0.0.2").Address("second.example", "127.0.0.3");

        var name = transport.ViaName();
        Assert.Equal(
            [$"{name} 127.0.0.1:5063", $"{name} 127.0.0.2:5063", $"{name} 127.0.0.3:5062"],
            await Resolve(Resolver(), "trunk.example.", null, transport));
    }

    [Fact]
    public async Task A_service_that_is_not_offered_is_not_tried_at_the_default_port()
    {
        _dns.Service("_sip._udp.trunk.example", (0, 0, 0, ".")).Address("trunk.example", "127.0.0.1");

        var exception = await Assert.ThrowsAsync<SipResolutionException>(() => Resolve(Resolver(), "trunk.example"));

        Assert.Contains("offers no SIP over UDP", exception.Message);
    }

    [Fact]
    public async Task Only_families_that_we_reach()
    {
        _dns.Address("both.example", "127.0.0.1", "::1").Address("six.example", "::1");

        Assert.Equal(["UDP 127.0.0.1:5070"], await Resolve(Resolver(), "both.example", 5070));
        var dual = await Resolve(Resolver(AddressFamily.InterNetwork, AddressFamily.InterNetworkV6), "both.example", 5070);
        Assert.Equal(["UDP 127.0.0.1:5070", "UDP [::1]:5070"], dual.Order());
        var exception = await Assert.ThrowsAsync<SipResolutionException>(() => Resolve(Resolver(), "six.example", 5070));
        Assert.Contains("six.example has no IPv4 address", exception.Message);
    }

    [Fact]
    public async Task An_answer_is_kept_for_its_time_and_asked_for_once_by_many()
    {
        _dns.Address("trunk.example", "127.0.0.1").TimeToLive = 30;
        var resolver = Resolver();

        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Resolve(resolver, "trunk.example", 5070)));
        _time.Advance(TimeSpan.FromSeconds(29));
        await Resolve(resolver, "trunk.example", 5070);
        Assert.Single(_dns.Asked);
        _dns.Address("trunk.example", "127.0.0.9");
        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(["UDP 127.0.0.9:5070"], await Resolve(resolver, "trunk.example", 5070));
        Assert.Equal(2, _dns.Asked.Length);
    }

    [Theory]
    [InlineData(0, 4, 6)]
    [InlineData(1_000_000, 3599, 3601)]
    public async Task However_short_or_long_the_time_is_it_has_bounds(uint timeToLive, int kept, int asked)
    {
        _dns.Address("trunk.example", "127.0.0.1").TimeToLive = timeToLive;
        var resolver = Resolver();
        await Resolve(resolver, "trunk.example", 5070);

        _time.Advance(TimeSpan.FromSeconds(kept));
        await Resolve(resolver, "trunk.example", 5070);
        Assert.Single(_dns.Asked);
        _time.Advance(TimeSpan.FromSeconds(asked - kept));
        await Resolve(resolver, "trunk.example", 5070);
        Assert.Equal(2, _dns.Asked.Length);
    }

    [Fact]
    public async Task An_old_answer_serves_while_the_name_server_fails()
    {
        _dns.Address("trunk.example", "127.0.0.1");
        var resolver = Resolver();
        await Resolve(resolver, "trunk.example", 5070);

        _dns.ResponseCode = 2;
        _time.Advance(TimeSpan.FromHours(23));
        Assert.Equal(["UDP 127.0.0.1:5070"], await Resolve(resolver, "trunk.example", 5070));
        var asked = _dns.Asked.Length;
        // Not asked again for each call.
        Assert.Equal(["UDP 127.0.0.1:5070"], await Resolve(resolver, "trunk.example", 5070));
        Assert.Equal(asked, _dns.Asked.Length);
        _time.Advance(TimeSpan.FromHours(2));
        await Assert.ThrowsAsync<SipResolutionException>(() => Resolve(resolver, "trunk.example", 5070));

        _dns.ResponseCode = 0;
        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(["UDP 127.0.0.1:5070"], await Resolve(resolver, "trunk.example", 5070));
    }

    [Fact]
    public async Task A_name_server_that_takes_its_time_does_not_hold_a_call_up_that_has_an_old_answer()
    {
        _dns.Address("trunk.example", "127.0.0.1");
        var resolver = Resolver();
        await Resolve(resolver, "trunk.example", 5070);
        var held = new TaskCompletionSource();
        _dns.Hold = held.Task;
        _dns.Address("trunk.example", "127.0.0.2");
        _time.Advance(TimeSpan.FromSeconds(61));

        var waiting = Resolve(resolver, "trunk.example", 5070);
        await Eventually.TrueAsync(() => _dns.Asked.Length == 2, "the name server asked");
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["UDP 127.0.0.1:5070"], await waiting);

        held.SetResult();
        await Eventually.TrueAsync(
            async () =>
            {
                var next = Resolve(resolver, "trunk.example", 5070);
                _time.Advance(TimeSpan.FromMilliseconds(300));
                return await next is ["UDP 127.0.0.2:5070"];
            },
            "the new answer");
    }

    [Fact]
    public async Task That_there_is_no_such_name_is_believed_for_a_moment()
    {
        var resolver = Resolver();

        await Assert.ThrowsAsync<SipResolutionException>(() => Resolve(resolver, "trunk.example", 5070));
        await Assert.ThrowsAsync<SipResolutionException>(() => Resolve(resolver, "trunk.example", 5070));
        Assert.Single(_dns.Asked);
        _dns.Address("trunk.example", "127.0.0.1");
        _time.Advance(TimeSpan.FromSeconds(6));

        Assert.Equal(["UDP 127.0.0.1:5070"], await Resolve(resolver, "trunk.example", 5070));
    }

    [Fact]
    public async Task Without_an_answer_the_reason_is_told()
    {
        _dns.ResponseCode = -1;
        var resolver = Resolver();

        var exception = await Assert.ThrowsAsync<SipResolutionException>(() => Resolve(resolver, "trunk.example", 5070));

        Assert.Contains("No name server told where trunk.example is", exception.Message);
        using var impatient = new CancellationTokenSource();
        _time.Advance(TimeSpan.FromSeconds(6));
        var waiting = resolver.ResolveAsync("other.example", 5070, SipTransportKind.Udp, impatient.Token);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waiting);
    }

    [Fact]
    public async Task What_only_the_system_knows()
    {
        var resolver = new SipResolver(new SipResolverOptions(), _time);

        Assert.Equal(["UDP 127.0.0.1:5070"], await Resolve(resolver, "localhost", 5070));
    }

    [Fact]
    public void Servers_of_one_priority_are_drawn_by_their_weight()
    {
        SrvRecord[] records = [new(1, 0, 1, "none"), new(1, 30, 2, "some"), new(1, 70, 3, "most"), new(0, 1, 4, "first")];
        var random = new Random(7);
        var draws = Enumerable.Range(0, 10_000).Select(_ => SrvOrder.Of(records, random)).ToList();

        Assert.All(draws, order => Assert.Equal("first", order[0].Host));
        Assert.InRange(draws.Count(order => order[1].Host == "most"), 6700, 7200);
        Assert.InRange(draws.Count(order => order[1].Host == "some"), 2700, 3200);
        // Once in a hundred and one.
        Assert.InRange(draws.Count(order => order[1].Host == "none"), 50, 150);
    }

    [Fact]
    public void No_server_is_lost_and_priorities_rise() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 65535]).Array[0, 20].Sample(drawn =>
        {
            var records = drawn.Select((one, index) => new SrvRecord(one.Item1, one.Item2, index, "host")).ToList();
            var order = SrvOrder.Of(records, new Random(1));
            return order.Select(record => record.Port).Order().SequenceEqual(Enumerable.Range(0, records.Count))
                && order.Zip(order.Skip(1)).All(pair => pair.First.Priority <= pair.Second.Priority);
        });

    private static async Task<string[]> Resolve(
        SipResolver resolver, string host, int? port = null, SipTransportKind transport = SipTransportKind.Udp) =>
        [.. (await resolver.ResolveAsync(host, port, transport, CancellationToken.None)).Select(target => target.ToString())];

    private SipResolver Resolver(params AddressFamily[] families) => new(
        new SipResolverOptions
        {
            NameServers = [_dns.EndPoint],
            Families = families.Length > 0 ? families : [AddressFamily.InterNetwork],
            Timeout = TimeSpan.FromMilliseconds(500),
        },
        _time);
}
