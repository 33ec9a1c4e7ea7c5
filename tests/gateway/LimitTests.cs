using System.Net;
using System.Text;

namespace FlashCall.Gateway.Tests;

/// <summary>How much a client may send.</summary>
public sealed class LimitTests
{
    private const int Largest = 64 * 1024;

    [Theory]
    [InlineData(Largest, false)]
    [InlineData(Largest, true)]
    [InlineData(0, true)]
    public async Task A_body_up_to_the_limit_passes_whole(int size, bool chunked)
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);

        using var response = await gateway.Client.SendAsync(Post(size, chunked));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(new string('x', size), Assert.Single(upstream.Received).Body);
    }

    [Theory]
    [InlineData(Largest + 1, false)]
    [InlineData(Largest + 1, true)]
    [InlineData(1024 * 1024, false)]
    [InlineData(1024 * 1024, true)]
    public async Task A_larger_body_is_refused_before_the_service_hears_of_it(int size, bool chunked)
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        using var request = Post(size, chunked);
        // The body is sent when the gateway asks for it, so that the refusal is read and not the broken connection.
        request.Headers.ExpectContinue = !chunked;

        using var response = await gateway.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("body_too_large", (await Problem.OfAsync(response)).Code);
        Assert.Empty(upstream.Received);
    }

    [Fact]
    public async Task A_body_is_not_read_for_a_stranger()
    {
        await using var gateway = await RunningGateway.StartAsync(new Uri("http://127.0.0.1:1"));
        using var request = Post(1024 * 1024, chunked: false);
        request.Headers.Authorization = null;
        request.Headers.ExpectContinue = true;

        using var response = await gateway.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Theory]
    [InlineData(9_000, HttpStatusCode.RequestUriTooLong, "uri_too_long")]
    [InlineData(8_000, HttpStatusCode.OK, null)]
    public async Task An_address_has_its_limit(int length, HttpStatusCode status, string? code)
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);

        using var response = await gateway.SendAsync(HttpMethod.Get, "/v1/verifications/1?q=" + new string('q', length));

        Assert.Equal(status, response.StatusCode);
        if (code is not null)
            Assert.Equal(code, (await Problem.OfAsync(response)).Code);
    }

    [Theory]
    [InlineData(40, 1_000, HttpStatusCode.RequestHeaderFieldsTooLarge)]
    [InlineData(120, 10, HttpStatusCode.RequestHeaderFieldsTooLarge)]
    [InlineData(20, 1_000, HttpStatusCode.OK)]
    public async Task Headers_have_their_limit(int count, int length, HttpStatusCode status)
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        using var request = RunningGateway.Request(HttpMethod.Get, "/v1/verifications/1");
        for (var i = 0; i < count; i++)
            request.Headers.Add($"X-Filler-{i}", new string('x', length));

        using var response = await gateway.Client.SendAsync(request);

        Assert.Equal(status, response.StatusCode);
        if (status != HttpStatusCode.OK)
            Assert.Equal("headers_too_large", (await Problem.OfAsync(response)).Code);
    }

    private static HttpRequestMessage Post(int size, bool chunked)
    {
        var request = RunningGateway.Request(HttpMethod.Post, "/v1/verifications",
            content: new ByteArrayContent(Encoding.ASCII.GetBytes(new string('x', size))) { Headers = { ContentType = new("application/json") } });
        request.Headers.TransferEncodingChunked = chunked;
        return request;
    }
}
