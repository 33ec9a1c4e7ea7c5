using System.Buffers.Text;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FlashCall.Hosting;
using FlashCall.Verification.Tests.Support;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace FlashCall.Verification.Tests.Results;

/// <summary>What an app gets to hand to its backend, checked as a backend would: with the published keys and none of our code.</summary>
public sealed class ResultTokenTests(RunningVerification running)
{
    [Fact]
    public async Task The_report_that_verifies_brings_a_token_that_says_who_when_what_for_and_how_strong()
    {
        using var client = running.Client("shop");
        var number = ClientExtensions.FreshNumber();
        using var response = await client.PostAsJsonAsync(
            "/v1/verifications", new { to = number, purpose = "lead_validation", reference = "order-7" }, TestContext.Current.CancellationToken);
        var id = (await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).Id();
        Assert.False((await client.ReportAsync(id, new { digits = "9999" })).TryGetProperty("resultToken", out _));
        Assert.False((await client.ReadAsync(id)).TryGetProperty("resultToken", out _));

        var report = await client.ReportAsync(id, new { digits = "0123" });
        var claims = await CheckAsync(report.Text("resultToken")!);

        var view = await client.ReadAsync(id);
        var verifiedAt = view.GetProperty("endedAt").GetDateTimeOffset().ToUnixTimeSeconds();
        Assert.Equal(
            ("flashcall", "shop", number, id.ToString(), id.ToString()),
            (claims.Text("iss"), claims.Text("aud"), claims.Text("sub"), claims.Text("jti"), claims.Text("verification_id")));
        Assert.Equal(("lead_validation", "flash_call", "order-7"), (claims.Text("purpose"), claims.Text("channel"), claims.Text("reference")));
        Assert.Equal(
            (verifiedAt, verifiedAt, verifiedAt + 600), (Number(claims, "iat"), Number(claims, "verified_at"), Number(claims, "exp")));
        var strength = claims.GetProperty("strength");
        Assert.Equal((10_000, 13.29, 0.0003), (Number(strength, "candidates"), strength.GetProperty("bits").GetDouble(),
            strength.GetProperty("guess_probability").GetDouble()));

        using var other = running.Client("shop", replica: 1);
        var again = await CheckAsync((await other.ReadAsync(id)).Text("resultToken")!);
        Assert.Equal(claims.GetRawText(), again.GetRawText());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_token_with_another_head_body_or_signature_is_refused(int part)
    {
        using var client = running.Client();
        var id = (await client.StartAsync()).Id();
        var parts = (await client.ReportAsync(id, new { digits = "0123" })).Text("resultToken")!.Split('.');
        // A character in the middle: the last one of a part may carry bits that do not count.
        var middle = parts[part].Length / 2;
        parts[part] = parts[part][..middle] + (parts[part][middle] == 'A' ? 'B' : 'A') + parts[part][(middle + 1)..];

        using var key = await PublishedKeyAsync(kid: null);
        Assert.False(IsSigned(key, parts));
    }

    [Fact]
    public async Task Both_replicas_publish_the_same_keys_to_everybody()
    {
        var sets = new List<string>();
        for (var replica = 0; replica < 2; replica++)
        {
            using var stranger = running.Client(replica: replica);
            stranger.DefaultRequestHeaders.Authorization = null;
            using var response = await stranger.GetAsync("/.well-known/jwks.json", TestContext.Current.CancellationToken);
            Assert.Equal(200, (int)response.StatusCode);
            Assert.Equal("application/jwk-set+json", response.Content.Headers.ContentType?.MediaType);
            Assert.Equal("public, max-age=3600", response.Headers.CacheControl?.ToString());
            sets.Add(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }

        Assert.Equal(sets[0], sets[1]);
        var key = Assert.Single(JsonDocument.Parse(sets[0]).RootElement.GetProperty("keys").EnumerateArray());
        Assert.Equal(
            ["alg", "crv", "kid", "kty", "use", "x", "y"], key.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal));
        Assert.Equal(("EC", "P-256", "ES256", "sig"), (key.Text("kty"), key.Text("crv"), key.Text("alg"), key.Text("use")));
    }

    [Fact]
    public async Task The_start_brings_the_token_that_a_device_may_act_on_the_session_with()
    {
        using var client = running.Client("shop");
        var started = await client.StartAsync();
        var mistakes = new SettingsMistakes();
        var gateway = ClientTokens.Read(
            new ConfigurationBuilder().AddInMemoryCollection([new("ClientTokens:Key", running.ClientTokensKey)]).Build(), mistakes)!;

        var token = gateway.Read(started.Text("clientToken"), DateTimeOffset.UtcNow);

        var expires = started.GetProperty("expiresAt").GetDateTimeOffset().AddSeconds(60);
        Assert.Equal(new ClientToken(started.Id(), "shop", DateTimeOffset.FromUnixTimeSeconds(expires.ToUnixTimeSeconds())), token);
        Assert.False((await client.ReadAsync(started.Id())).TryGetProperty("clientToken", out _));
    }

    private static long Number(JsonElement element, string property) => element.GetProperty(property).GetInt64();

    /// <summary>The claims of a token that the published key of its name has signed.</summary>
    private async Task<JsonElement> CheckAsync(string token)
    {
        var parts = token.Split('.');
        var head = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0])).RootElement;
        Assert.Equal(("ES256", "JWT"), (head.Text("alg"), head.Text("typ")));
        using var key = await PublishedKeyAsync(head.Text("kid"));
        Assert.True(IsSigned(key, parts));
        return JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1])).RootElement;
    }

    private static bool IsSigned(ECDsa key, string[] parts) => key.VerifyData(
        Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256,
        DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    private async Task<ECDsa> PublishedKeyAsync(string? kid)
    {
        using var stranger = running.Client(replica: 1);
        var keys = (await stranger.GetFromJsonAsync<JsonElement>("/.well-known/jwks.json")).GetProperty("keys");
        var key = keys.EnumerateArray().Single(one => kid is null || one.Text("kid") == kid);
        return ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = Base64Url.DecodeFromChars(key.Text("x")), Y = Base64Url.DecodeFromChars(key.Text("y")) },
        });
    }
}
