using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;

namespace FlashCall.Gateway.Tests.Reference;

/// <summary>The document and the page of the API, as a stranger gets them.</summary>
public sealed partial class ReferenceTests
{
    [Theory]
    [InlineData("/openapi.json", "application/json", "\"openapi\": \"3.1.1\"")]
    [InlineData("/openapi.yaml", "application/yaml", "openapi: 3.1.1")]
    public async Task The_document_is_there_for_everybody_and_may_be_kept(string path, string type, string begins)
    {
        await using var gateway = await RunningGateway.StartAsync(new Uri("http://127.0.0.1:1"));

        using var response = await gateway.SendAsync(HttpMethod.Get, path, key: null);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(type, response.Content.Headers.ContentType?.MediaType);
        Assert.Contains(begins, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("public, max-age=300", response.Headers.CacheControl?.ToString());
        Assert.Equal("*", Assert.Single(response.Headers.GetValues("Access-Control-Allow-Origin")));
    }

    [Fact]
    public async Task Who_has_the_document_does_not_get_it_again()
    {
        await using var gateway = await RunningGateway.StartAsync(new Uri("http://127.0.0.1:1"));
        using var first = await gateway.SendAsync(HttpMethod.Get, "/openapi.json", key: null);
        using var again = RunningGateway.Request(HttpMethod.Get, "/openapi.json", key: null);
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);

        using var response = await gateway.Client.SendAsync(again);

        Assert.Equal(HttpStatusCode.NotModified, response.StatusCode);
    }

    [Fact]
    public async Task The_page_runs_its_own_script_alone()
    {
        await using var gateway = await RunningGateway.StartAsync(new Uri("http://127.0.0.1:1"));

        using var response = await gateway.SendAsync(HttpMethod.Get, "/docs/", key: null);
        var page = await response.Content.ReadAsStringAsync();
        var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        Assert.DoesNotContain("http://", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
        Assert.StartsWith("default-src 'none'; script-src 'self' 'nonce-", policy, StringComparison.Ordinal);
        Assert.Contains("connect-src 'self'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        var nonce = Nonce().Match(policy).Groups[1].Value;
        Assert.All(Script().Matches(page), script => Assert.Contains($"nonce=\"{nonce}\"", script.Value, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Each_view_of_the_page_has_another_nonce()
    {
        await using var gateway = await RunningGateway.StartAsync(new Uri("http://127.0.0.1:1"));
        using var one = await gateway.SendAsync(HttpMethod.Get, "/docs/", key: null);
        using var other = await gateway.SendAsync(HttpMethod.Get, "/docs/", key: null);

        Assert.NotEqual(
            Assert.Single(one.Headers.GetValues("Content-Security-Policy")),
            Assert.Single(other.Headers.GetValues("Content-Security-Policy")));
    }

    [Fact]
    public async Task The_script_of_the_page_comes_from_here()
    {
        await using var gateway = await RunningGateway.StartAsync(new Uri("http://127.0.0.1:1"));

        using var response = await gateway.Client.GetAsync(new Uri("/docs/scalar.js", UriKind.Relative));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(new MediaTypeHeaderValue("text/javascript"), response.Content.Headers.ContentType);
    }

    [GeneratedRegex("'nonce-([A-Za-z0-9_-]{20,})'")]
    private static partial Regex Nonce();

    [GeneratedRegex("<script[^>]*>")]
    private static partial Regex Script();
}
