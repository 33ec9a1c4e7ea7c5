using System.Buffers.Text;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FlashCall.EndToEnd.Tests.Running;
using Xunit;

namespace FlashCall.EndToEnd.Tests.PublicApi;

/// <summary>What an app hands its backend, which checks it with the public keys and without asking back.</summary>
[Collection(Platform.OneAtATime)]
public sealed class ResultTokenTests(Platform platform)
{
    [Fact]
    public async Task The_result_of_a_verification_is_signed_with_a_published_key()
    {
        using var backend = platform.Http(platform.Key);
        using var phone = platform.NextPhone();
        var id = (await backend.StartAsync(phone, "transaction")).Text("id");
        var (_, report) = await backend.ReportAsync(id, await phone.RingingAsync());

        using var anybody = platform.Http(bearer: null);
        var keys = await anybody.GetFromJsonAsync<JsonElement>("/.well-known/jwks.json");
        var said = Check(report.Text("resultToken"), keys);

        Assert.Equal(
            ("flashcall", "demo", phone.Number, id, "transaction", "flash_call", "user-4711"),
            (said.Text("iss"), said.Text("aud"), said.Text("sub"), said.Text("verification_id"), said.Text("purpose"), said.Text("channel"),
                said.Text("reference")));
        var end = DateTimeOffset.FromUnixTimeSeconds(said.GetProperty("exp").GetInt64());
        Assert.InRange(end - DateTimeOffset.UtcNow, TimeSpan.FromMinutes(8), TimeSpan.FromMinutes(10));
        var (_, later) = await backend.AskAsync(new HttpRequestMessage(HttpMethod.Get, $"/v1/verifications/{id}"));
        Assert.Equal(said.Text("jti"), Check(later.Text("resultToken"), keys).Text("jti"));
    }

    /// <summary>The claims of a token whose signature is right (RFC 7515, ES256), checked with nothing but the curve.</summary>
    private static JsonElement Check(string token, JsonElement keys)
    {
        var parts = token.Split('.');
        Assert.Equal(3, parts.Length);
        var header = JsonSerializer.Deserialize<JsonElement>(Base64Url.DecodeFromChars(parts[0]));
        Assert.Equal("ES256", header.Text("alg"));
        var key = keys.GetProperty("keys").EnumerateArray().Single(key => key.Text("kid") == header.Text("kid"));
        Assert.False(key.TryGetProperty("d", out _));
        using var curve = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = Base64Url.DecodeFromChars(key.Text("x")), Y = Base64Url.DecodeFromChars(key.Text("y")) },
        });
        Assert.True(curve.VerifyData(
            Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256));
        return JsonSerializer.Deserialize<JsonElement>(Base64Url.DecodeFromChars(parts[1]));
    }
}
