using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using FlashCall.Gateway.Forwarding;
using FlashCall.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Yarp.ReverseProxy.Configuration;

namespace FlashCall.Gateway.Tests;

/// <summary>Replicas that share a name are told apart.</summary>
public sealed class NamedReplicasTests : IDisposable
{
    private readonly ConcurrentDictionary<string, string[]> _names = new(StringComparer.Ordinal);
    private readonly FakeTimeProvider _time = new();
    private readonly NamedReplicas _replicas;

    public NamedReplicasTests() => _replicas = new NamedReplicas(
        (name, _) => _names.TryGetValue(name, out var addresses)
            ? Task.FromResult(addresses.Select(IPAddress.Parse).ToArray())
            : throw new SocketException((int)SocketError.HostNotFound),
        _time, NullLogger<NamedReplicas>.Instance);

    public void Dispose() => _replicas.Dispose();

    [Fact]
    public async Task Each_address_of_a_name_is_a_replica_that_is_asked_under_the_name()
    {
        _names["verification"] = ["10.0.0.3", "10.0.0.2", "fd00::2"];

        var found = await ResolveAsync("http://verification:8080/");

        Assert.Equal(["http://10.0.0.2:8080", "http://10.0.0.3:8080"], found.Keys.Order(StringComparer.Ordinal));
        Assert.All(found.Values, replica => Assert.Equal("verification:8080", replica.Host));
    }

    [Theory]
    [InlineData("http://nobody:8080")]
    [InlineData("http://localhost:8080")]
    [InlineData("http://10.0.0.9:8080")]
    [InlineData("https://verification:8080")]
    public async Task What_is_no_name_of_several_stays_as_it_is(string address)
    {
        _names["verification"] = ["10.0.0.2"];
        _names["localhost"] = ["127.0.0.1", "::1"];

        var found = Assert.Single(await ResolveAsync(address));

        Assert.Equal((address, address), (found.Key, found.Value.Address));
    }

    [Fact]
    public async Task A_replica_that_comes_later_is_found_and_a_name_server_that_fails_takes_none_away()
    {
        await _replicas.StartAsync(TestContext.Current.CancellationToken);
        var before = await TokenAsync();

        _names["dialer"] = ["10.0.0.4"];
        await ChangedAsync(before);
        Assert.Equal(["http://10.0.0.4:8080"], (await ResolveAsync("http://dialer:8080")).Keys);
        var one = await TokenAsync();

        _names["dialer"] = ["10.0.0.4", "10.0.0.5"];
        await ChangedAsync(one);
        Assert.Equal(2, (await ResolveAsync("http://dialer:8080")).Count);
        var two = await TokenAsync();

        // Looked up as often as it took above, which changes nothing.
        _names.Clear();
        _names["fraud"] = ["10.0.0.6"];
        await ResolveAsync("http://fraud:8080");
        _names["fraud"] = ["10.0.0.7"];
        await ChangedAsync(two);
        Assert.Equal(2, (await ResolveAsync("http://dialer:8080")).Count);
        await _replicas.StopAsync(TestContext.Current.CancellationToken);
    }

    private async Task<CancellationToken> TokenAsync()
    {
        var resolved = await _replicas.ResolveDestinationsAsync(Destinations("http://dialer:8080"), TestContext.Current.CancellationToken);
        var changed = new CancellationTokenSource();
        resolved.ChangeToken!.RegisterChangeCallback(static source => ((CancellationTokenSource)source!).Cancel(), changed);
        return changed.Token;
    }

    private Task ChangedAsync(CancellationToken token) => Eventually.TrueAsync(
        () =>
        {
            _time.Advance(NamedReplicas.Every);
            return token.IsCancellationRequested;
        },
        "the change is told", TimeSpan.FromSeconds(10));

    private async Task<IReadOnlyDictionary<string, DestinationConfig>> ResolveAsync(string address) =>
        (await _replicas.ResolveDestinationsAsync(Destinations(address), TestContext.Current.CancellationToken)).Destinations;

    private static Dictionary<string, DestinationConfig> Destinations(string address) =>
        new(StringComparer.Ordinal) { [address] = new DestinationConfig { Address = address } };
}
