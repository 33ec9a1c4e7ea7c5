using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using FlashCall.Gateway.Tests.Access;
using Microsoft.AspNetCore.Http;

namespace FlashCall.Gateway.Tests.Sinch;

/// <summary>Who may do what with which credential, and what those are told who may not.</summary>
public sealed class AuthorizationTests
{
    private const string Path = "/verification/v1/verifications";

    [Theory]
    [InlineData("json on GET, path as a person reads it", true, false)]
    [InlineData("no type on GET, path escaped", false, true)]
    [InlineData("no type on GET, path decoded", false, false)]
    public async Task A_request_is_taken_as_each_client_library_signs_it(string library, bool typeOnGet, bool escaped)
    {
        Assert.NotEmpty(library);
        await using var sinch = await SinchGateway.StartAsync("signed");
        // As System.Text.Json writes a plus sign by default.
        var body = SinchGateway.Start().Replace("+", "\\u002B", StringComparison.Ordinal);

        using var started = await sinch.Client.SendAsync(Signed(sinch, HttpMethod.Post, Path, Path, body, "application/json; charset=utf-8"));
        Assert.Equal(HttpStatusCode.OK, started.StatusCode);
        var sent = $"{Path}/flashcall/number/{(escaped ? "%2B46701740605" : "+46701740605")}";
        using var found = await sinch.Client.SendAsync(
            Signed(sinch, HttpMethod.Get, sent, typeOnGet || !escaped ? Uri.UnescapeDataString(sent) : sent, body: null, typeOnGet ? "application/json" : ""));

        Assert.Equal(HttpStatusCode.OK, found.StatusCode);
    }

    [Fact]
    public async Task A_signed_request_is_taken_once_and_as_it_was_signed()
    {
        await using var sinch = await SinchGateway.StartAsync("signed");
        var at = DateTimeOffset.UtcNow;
        HttpRequestMessage Make(string body, DateTimeOffset when) =>
            Signed(sinch, HttpMethod.Post, Path, Path, SinchGateway.Start(), "application/json", when, body);

        using var first = await sinch.Client.SendAsync(Make(SinchGateway.Start(), at));
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        await RefusedAsync(sinch, 40102, Make(SinchGateway.Start(), at));
        await RefusedAsync(sinch, 40102, Make(SinchGateway.Start(number: "+46701740606"), at.AddSeconds(1)));
        await RefusedAsync(sinch, 40101, Make(SinchGateway.Start(), at.AddMinutes(-6)));
        Assert.Single(sinch.Starts);
    }

    [Fact]
    public async Task Whoever_has_no_right_credential_is_told_so_in_this_surfaces_form()
    {
        await using var sinch = await SinchGateway.StartAsync();
        using var nothing = await sinch.Client.PostAsync(Path, new StringContent(SinchGateway.Start()));
        Assert.Equal(40100, (await nothing.Content.ReadAsStringAsync() is var text ? JsonSerializer.Deserialize<JsonElement>(text) : default)
            .GetProperty("errorCode").GetInt32());

        await sinch.RefusedAsync(40108, "POST", Path, SinchGateway.Start(), "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("a:b")));
        await sinch.RefusedAsync(40108, "POST", Path, SinchGateway.Start(), $"Application {Guid.CreateVersion7()}");
        await sinch.RefusedAsync(40104, "POST", Path, SinchGateway.Start(), sinch.Public);
        await sinch.RefusedAsync(40300, "POST", Path, SinchGateway.Start(), $"Bearer {RunningGateway.ReadKey}");
        await sinch.RefusedAsync(40300, "GET", $"{Path}/id/{Guid.CreateVersion7()}", credential: $"Bearer {RunningGateway.WriteKey}");
        await sinch.RefusedAsync(
            40300, "POST", Path, SinchGateway.Start(), $"Bearer {RunningGateway.ClientToken(sinch.Id, Guid.CreateVersion7())}");
        await sinch.AskAsync("POST", Path, SinchGateway.Start(), credential: $"Bearer {sinch.Key.ApiKey}");
        Assert.Single(sinch.Starts);
    }

    [Fact]
    public async Task Too_many_requests_are_refused_in_this_surfaces_form()
    {
        await using var sinch = await SinchGateway.StartAsync();
        for (var i = 0; ; i++)
        {
            Assert.True(i < 50, "Nobody says stop to who tries credentials.");
            using var response = await sinch.SendAsync("POST", Path, SinchGateway.Start(), "Bearer fck_unknown");
            var error = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());
            if (response.StatusCode == HttpStatusCode.Unauthorized)
                continue;
            Assert.Equal((429, 42900), ((int)response.StatusCode, error.GetProperty("errorCode").GetInt32()));
            Assert.NotNull(response.Headers.RetryAfter);
            break;
        }
    }

    [Fact]
    public async Task A_phone_with_a_keys_id_alone_starts_and_reports_and_looks_nothing_up()
    {
        await using var sinch = await SinchGateway.StartAsync("public", hasCallback: true);
        sinch.Receiver.Answer = context => context.Response.WriteAsync("""{"action":"allow"}""");

        var id = (await sinch.AskAsync("POST", Path, SinchGateway.Start(), credential: sinch.Public)).GetProperty("id").GetString();
        await sinch.RefusedAsync(40104, "GET", $"{Path}/id/{id}", credential: sinch.Public);
        await sinch.RefusedAsync(40104, "GET", $"{Path}/flashcall/number/{SinchGateway.Number}", credential: sinch.Public);
        await sinch.RefusedAsync(40104, "GET", $"{Path}/reference/r", credential: sinch.Public);
        var report = await sinch.AskAsync("PUT", $"{Path}/number/{SinchGateway.Number}", SinchGateway.Report(), credential: sinch.Public);
        await sinch.AskAsync("PATCH", $"{Path}/number/{SinchGateway.Number}", """{"method":"flashcall","data":{"noCall":true}}""", credential: sinch.Public);

        Assert.Equal("SUCCESSFUL", report.GetProperty("status").GetString());
        // 127.0.0.1 is not the phone's, and so it is not taken for it.
        Assert.False(Assert.Single(sinch.Starts).GetProperty("client").TryGetProperty("ip", out _));
    }

    private static HttpRequestMessage Signed(
        SinchGateway sinch, HttpMethod method, string path, string signedPath, string? body, string type, DateTimeOffset? at = null, string? sentBody = null)
    {
        var timestamp = (at ?? DateTimeOffset.UtcNow).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);
        var signature = Signing.Of(sinch.Key.SigningSecret, method.Method, Encoding.UTF8.GetBytes(body ?? ""), type, timestamp, signedPath);
        var request = new HttpRequestMessage(method, path) { Headers = { Authorization = new AuthenticationHeaderValue("application", $"{sinch.Key.Id}:{signature}") } };
        request.Headers.Add("x-timestamp", timestamp);
        if (body is not null || type.Length > 0)
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(sentBody ?? body ?? ""));
        if (type.Length > 0)
            Assert.True(request.Content!.Headers.TryAddWithoutValidation("Content-Type", type));
        return request;
    }

    private static async Task RefusedAsync(SinchGateway sinch, int code, HttpRequestMessage request)
    {
        using var response = await sinch.Client.SendAsync(request);
        var error = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());
        Assert.Equal((code / 100, code), ((int)response.StatusCode, error.GetProperty("errorCode").GetInt32()));
    }
}
