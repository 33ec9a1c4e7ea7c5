using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using FlashCall.Gateway.Access;
using FlashCall.Gateway.Applications;
using FlashCall.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace FlashCall.Gateway.Tests.Edge;

/// <summary>How often an application, a client token, and somebody with wrong credentials may ask. Each on a database of its own: the
/// gateways on one share the limits.</summary>
public sealed partial class RateLimitTests
{
    [Fact]
    public async Task Every_answer_says_what_is_left_and_over_the_limit_it_is_429()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var database = await GatewayDatabase.CreateAsync();
        var key = await database.AddAsync("few", Document(5, 60));
        await using var gateway = await RunningGateway.StartAsync(database, [upstream.Address]);

        for (var left = 4; left >= 0; left--)
        {
            // A refusal counts too, and says the same.
            using var response = await gateway.SendAsync(HttpMethod.Get, left == 2 ? "/v1/trunks" : "/v1/verifications/1", key.ApiKey);
            Assert.Equal(left == 2 ? HttpStatusCode.Forbidden : HttpStatusCode.OK, response.StatusCode);
            Assert.Equal("\"application\";q=5;w=3600", Header(response, "RateLimit-Policy"));
            Assert.Equal(("application", left), (LeftOf(response).Policy, LeftOf(response).Left));
            Assert.InRange(LeftOf(response).FullIn, 1, 3600);
        }
        using var refused = await gateway.SendAsync(HttpMethod.Get, "/v1/verifications/1", key.ApiKey);

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        var problem = await Problem.OfAsync(refused);
        Assert.Equal("rate_limited", problem.Code);
        Assert.Contains("5 requests in 3600 s", problem.Detail, StringComparison.Ordinal);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 720);
        Assert.Equal("\"application\";q=5;w=3600", Header(refused, "RateLimit-Policy"));
        Assert.Equal(0, LeftOf(refused).Left);
    }

    [Fact]
    public async Task Each_client_token_has_a_limit_of_its_own()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var database = await GatewayDatabase.CreateAsync();
        var key = await database.AddAsync("few", Document(2, 3));
        await using var gateway = await RunningGateway.StartAsync(database, [upstream.Address]);
        var sessions = new[] { Guid.CreateVersion7(), Guid.CreateVersion7() };

        foreach (var session in sessions)
        {
            var token = RunningGateway.ClientToken("few", session);
            for (var left = 2; left >= 0; left--)
            {
                using var response = await gateway.SendAsync(HttpMethod.Get, $"/v1/verifications/{session}", token);
                Assert.Equal((HttpStatusCode.OK, "client-token", left), (response.StatusCode, LeftOf(response).Policy, LeftOf(response).Left));
            }
            using var refused = await gateway.SendAsync(HttpMethod.Get, $"/v1/verifications/{session}", token);
            Assert.Equal("rate_limited", (await Problem.OfAsync(refused)).Code);
        }
        // None of it was the application's.
        using var own = await gateway.SendAsync(HttpMethod.Get, "/v1/verifications/1", key.ApiKey);
        Assert.Equal((HttpStatusCode.OK, 1), (own.StatusCode, LeftOf(own).Left));
    }

    [Fact]
    public async Task Replicas_share_a_limit()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var database = await GatewayDatabase.CreateAsync();
        var key = await database.AddAsync("few", Document(10, 60));
        await using var first = await RunningGateway.StartAsync(database, [upstream.Address]);
        await using var second = await RunningGateway.StartAsync(database, [upstream.Address]);
        await Eventually.TrueAsync(
            () => Replicas(first).Count == 2 && Replicas(second).Count == 2, "both gateways know of each other");

        var passed = 0;
        foreach (var gateway in Enumerable.Repeat<RunningGateway[]>([first, second], 15).SelectMany(both => both))
        {
            using var response = await gateway.SendAsync(HttpMethod.Get, "/v1/verifications/1", key.ApiKey);
            passed += response.IsSuccessStatusCode ? 1 : 0;
        }

        Assert.Equal(10, passed);
        Assert.Equal(10, upstream.Received.Count);
    }

    [Fact]
    public async Task Wrong_credentials_become_429_for_the_address_they_come_from_and_right_ones_pass()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        var guesser = gateway.ClientFrom("127.0.2.1");
        var allowed = FailedAttempts.Allowed.Permits;

        var codes = new List<string>();
        for (var i = 0; i < allowed + 5; i++)
        {
            using var request = RunningGateway.Request(
                HttpMethod.Get, "/v1/verifications/1", i % 2 == 0 ? $"fck_guess-{i}" : RunningGateway.ClientToken("nobody", Guid.NewGuid()));
            using var response = await guesser.SendAsync(request);
            codes.Add((await Problem.OfAsync(response)).Code);
            Assert.Equal(codes[^1] == "rate_limited", response.Headers.RetryAfter is not null);
        }

        Assert.All(codes.Take(allowed), code => Assert.Equal("unauthorized", code));
        // One may have been let in again while they were sent.
        Assert.True(codes.Skip(allowed).Count(code => code == "rate_limited") >= 3, string.Join(", ", codes.Skip(allowed)));
        using var right = await guesser.SendAsync(RunningGateway.Request(HttpMethod.Get, "/v1/verifications/1"));
        Assert.Equal(HttpStatusCode.OK, right.StatusCode);
        using var elsewhere = await gateway.ClientFrom("127.0.2.2")
            .SendAsync(RunningGateway.Request(HttpMethod.Get, "/v1/verifications/1", "fck_guess"));
        Assert.Equal(HttpStatusCode.Unauthorized, elsewhere.StatusCode);
        using var without = await guesser.SendAsync(RunningGateway.Request(HttpMethod.Get, "/v1/verifications/1", key: null));
        Assert.Equal(HttpStatusCode.Unauthorized, without.StatusCode);
    }

    [Fact]
    public void Addresses_of_one_IPv6_network_are_one_and_those_of_IPv4_are_each_their_own()
    {
        var failures = new FailedAttempts(TimeProvider.System);
        bool[] Note(string address, int times) =>
            [.. Enumerable.Range(0, times).Select(_ => failures.Note(IPAddress.Parse(address)).IsGranted)];

        Assert.All(Note("2001:db8:1:2::1", FailedAttempts.Allowed.Permits), Assert.True);
        Assert.All(Note("2001:db8:1:2:ffff::9", 1), Assert.False);
        Assert.All(Note("2001:db8:1:3::1", 1), Assert.True);
        Assert.All(Note("192.0.2.1", FailedAttempts.Allowed.Permits), Assert.True);
        Assert.All(Note("::ffff:192.0.2.1", 1), Assert.False);
        Assert.All(Note("192.0.2.2", 1), Assert.True);
    }

    private static ApplicationDocument Document(int requests, int clientToken) => new()
    {
        Name = "Few",
        Scopes = ["verifications:read", "verifications:write"],
        RateLimits = new LimitsDocument
        {
            Requests = new RateDocument { Permits = requests, Per = "01:00:00" },
            ClientToken = new RateDocument { Permits = clientToken, Per = "01:00:00" },
        },
    };

    private static LiveReplicas Replicas(RunningGateway gateway) => gateway.Services.GetRequiredService<LiveReplicas>();

    private static string Header(HttpResponseMessage response, string name) => Assert.Single(response.Headers.GetValues(name));

    private static (string Policy, int Left, int FullIn) LeftOf(HttpResponseMessage response)
    {
        var match = RateLimitForm().Match(Header(response, "RateLimit"));
        Assert.True(match.Success);
        return (
            match.Groups["policy"].Value, int.Parse(match.Groups["left"].Value, CultureInfo.InvariantCulture),
            int.Parse(match.Groups["full"].Value, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex("^\"(?<policy>[a-z-]+)\";r=(?<left>[0-9]+);t=(?<full>[0-9]+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RateLimitForm();
}
