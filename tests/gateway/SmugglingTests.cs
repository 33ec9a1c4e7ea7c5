using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FlashCall.Gateway.Tests;

/// <summary>What a client says about itself does not pass for what the gateway says.</summary>
public sealed class SmugglingTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("X-Forwarded-For", "198.51.100.9")]
    [InlineData("X-Forwarded-Proto", "https")]
    [InlineData("X-Forwarded-Host", "evil.example")]
    [InlineData("X-Forwarded-Prefix", "/evil")]
    [InlineData("Forwarded", "for=198.51.100.9;host=evil.example")]
    [InlineData("X-Real-IP", "198.51.100.9")]
    [InlineData("X-Original-URL", "/v1/evil")]
    [InlineData("X-HTTP-Method-Override", "DELETE")]
    [InlineData("X-FlashCall-Application", "evil")]
    [InlineData("Proxy-Authorization", "Bearer evil")]
    [InlineData("Cookie", "session=evil")]
    [InlineData("baggage", "application=evil")]
    [InlineData("Correlation-Context", "application=evil")]
    [InlineData("Request-Id", "|evil.")]
    public async Task A_header_that_is_not_the_clients_to_set_does_not_pass(string name, string value)
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        using var request = RunningGateway.Request(HttpMethod.Get, "/v1/verifications/1");
        Assert.True(request.Headers.TryAddWithoutValidation(name, value));

        using var response = await gateway.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        // Spaces aside: a header that is parsed and written anew may come out with some.
        Assert.DoesNotContain(Assert.Single(upstream.Received).Headers, header =>
            header.Value.Replace(" ", "", StringComparison.Ordinal).Contains(value.Replace(" ", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task The_gateway_says_where_the_request_came_from()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);

        (await gateway.SendAsync(HttpMethod.Get, "/v1/verifications/1")).Dispose();

        var headers = Assert.Single(upstream.Received).Headers;
        Assert.Equal("127.0.0.1", headers["X-Forwarded-For"]);
        Assert.Equal("http", headers["X-Forwarded-Proto"]);
        Assert.Equal(gateway.Address.Authority, headers["X-Forwarded-Host"]);
    }

    [Fact]
    public async Task What_belongs_to_the_request_passes()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        using var content = new StringContent("{\"to\":\"+46701740605\"}", Encoding.UTF8, "application/json");
        using var request = RunningGateway.Request(HttpMethod.Post, "/v1/verifications?a=1&b=%2F", content: content);
        request.Headers.Add("Idempotency-Key", "k-1");
        request.Headers.Add("Prefer", "wait=5");
        request.Headers.UserAgent.ParseAdd("shop/1.0");

        using var response = await gateway.Client.SendAsync(request);

        var received = Assert.Single(upstream.Received);
        Assert.Equal("/v1/verifications?a=1&b=%2F", received.Target);
        Assert.Equal("{\"to\":\"+46701740605\"}", received.Body);
        Assert.Equal(["application/json; charset=utf-8", "k-1", "wait=5", "shop/1.0"],
            [received.Headers["Content-Type"], received.Headers["Idempotency-Key"], received.Headers["Prefer"], received.Headers["User-Agent"]]);
    }

    [Theory]
    [InlineData("/v1/verifications/../../health/ready")]
    [InlineData("/v1/verifications/%2e%2e/%2e%2e/health/ready")]
    [InlineData("/v1/verifications/..%2f..%2fhealth%2fready")]
    [InlineData("/v1/verifications/%252e%252e/health")]
    [InlineData("/v1/verifications//evil")]
    public async Task A_path_cannot_leave_its_route(string target)
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);

        await SendRawAsync(gateway, $"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {RunningGateway.Key}\r\nConnection: close\r\n\r\n");

        Assert.All(upstream.Received, received =>
        {
            Assert.StartsWith("/v1/verifications/", received.Target, StringComparison.Ordinal);
            Assert.DoesNotContain("/../", Uri.UnescapeDataString(received.Target) + "/", StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Two_credentials_are_refused()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);

        var answer = await SendRawAsync(gateway, "GET /v1/verifications/1 HTTP/1.1\r\nHost: x\r\n"
            + $"Authorization: Bearer {RunningGateway.Key}\r\nAuthorization: Bearer {RunningGateway.ReadKey}\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 401", answer, StringComparison.Ordinal);
        Assert.Empty(upstream.Received);
    }

    [Theory]
    [InlineData("/v1/verifications", RunningGateway.Key)]
    [InlineData("/v1/numbers/import", RunningGateway.OperatorKey)]
    public async Task A_body_with_two_lengths_is_one_request(string path, string key)
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        const string Hidden = "GET /v1/verifications/hidden HTTP/1.1\r\nHost: x\r\n\r\n";

        var answer = await SendRawAsync(gateway, $"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
            + $"Content-Length: {Hidden.Length + 5}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n{Hidden}");

        Assert.DoesNotContain(upstream.Received, received => received.Target.Contains("hidden", StringComparison.Ordinal));
        Assert.Single(answer.Split("HTTP/1.1 ", StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_tunnel_is_not_opened()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);

        var answer = await SendRawAsync(gateway, $"GET /v1/verifications/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {RunningGateway.Key}\r\n"
            + "Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.False(Assert.Single(upstream.Received).Headers.ContainsKey("Upgrade"));
    }

    /// <summary>Sends bytes as they are and returns what comes until the gateway closes.</summary>
    private static async Task<string> SendRawAsync(RunningGateway gateway, string request)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, gateway.Address.Port, deadline.Token);
        await using var stream = tcp.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), deadline.Token);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync(deadline.Token);
    }
}
