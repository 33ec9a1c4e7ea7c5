using System.Net;
using FlashCall.EndToEnd.Tests.Running;
using Xunit;

namespace FlashCall.EndToEnd.Tests.PublicApi;

/// <summary>A web page that reports with its client token, as a browser sends it.</summary>
[Collection(Platform.OneAtATime)]
public sealed class CrossOriginTests(Platform platform)
{
    private const string Shop = "https://shop.example";

    [Fact]
    public async Task A_page_of_the_application_may_call_and_no_other_page()
    {
        var application = await platform.AddApplicationAsync(
            new { id = "pages", name = "Pages", scopes = Platform.ClientScopes, allowedOrigins = (string[])[Shop] });
        using var backend = platform.Http(application.ApiKey);
        using var phone = platform.NextPhone();
        var session = await backend.StartAsync(phone);
        var path = $"/v1/verifications/{session.Text("id")}";
        using var page = platform.Http(session.Text("clientToken"));
        using var nobody = platform.Http(bearer: null);

        using var preflight = await nobody.SendAsync(Preflight(path, Shop));
        Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
        Assert.Equal(Shop, Assert.Single(preflight.Headers.GetValues("Access-Control-Allow-Origin")));
        Assert.Contains("POST", preflight.Headers.GetValues("Access-Control-Allow-Methods").Single(), StringComparison.Ordinal);
        using var foreignPreflight = await nobody.SendAsync(Preflight(path, "https://evil.example"));
        Assert.False(foreignPreflight.Headers.Contains("Access-Control-Allow-Origin"));

        using var answer = await page.SendAsync(From(new HttpRequestMessage(HttpMethod.Get, path), Shop));
        Assert.Equal(Shop, Assert.Single(answer.Headers.GetValues("Access-Control-Allow-Origin")));
        using var foreign = await page.SendAsync(From(new HttpRequestMessage(HttpMethod.Get, path), "https://evil.example"));
        Assert.False(foreign.Headers.Contains("Access-Control-Allow-Origin"));
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Credentials"));
    }

    private static HttpRequestMessage Preflight(string path, string origin)
    {
        var request = From(new HttpRequestMessage(HttpMethod.Options, path + "/report"), origin);
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "authorization,content-type");
        return request;
    }

    private static HttpRequestMessage From(HttpRequestMessage request, string origin)
    {
        request.Headers.Add("Origin", origin);
        return request;
    }
}
