using System.Net;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace FlashCall.Hosting.Tests;

/// <summary>A service that holds the gateway's public key, on a real port.</summary>
public sealed class InternalIdentityTests : IAsyncLifetime
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private RunningApp? _running;

    public async ValueTask InitializeAsync()
    {
        var builder = PlatformHost.CreateBuilder(["--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=None",
            $"--Identity:PublicKey={_key.ExportSubjectPublicKeyInfoPem()}"], "test");
        builder.AddInternalIdentity();
        var app = builder.Build().UsePlatformDefaults();
        app.MapGet("/who", (ClaimsPrincipal caller) => $"{caller.ApplicationId()}:{caller.FindFirstValue(InternalIdentity.ScopeClaim)}");
        app.MapGet("/operate", () => "done").RequireScope("operations");
        _running = await RunningApp.StartAsync(app);
    }

    public async ValueTask DisposeAsync()
    {
        await _running!.DisposeAsync();
        _key.Dispose();
    }

    [Fact]
    public async Task A_token_of_the_gateway_says_for_whom_and_what_for()
    {
        var (status, body) = await AskAsync(Minter(_key, TimeProvider.System).Mint("shop", ["verifications:read", "verifications:write"]));
        Assert.Equal((HttpStatusCode.OK, "shop:verifications:read verifications:write"), (status, body));
    }

    [Theory]
    [InlineData("operations", HttpStatusCode.OK)]
    [InlineData("verifications:read operations", HttpStatusCode.OK)]
    [InlineData("verifications:read", HttpStatusCode.Forbidden)]
    [InlineData("operations:read", HttpStatusCode.Forbidden)]
    [InlineData("Operations", HttpStatusCode.Forbidden)]
    [InlineData("", HttpStatusCode.Forbidden)]
    public async Task A_scope_is_a_whole_word_of_the_token(string scopes, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/operate");
        request.Headers.Authorization = new("Bearer", Minter(_key, TimeProvider.System).Mint("shop", scopes.Split(' ')));
        using var response = await _running!.Client.SendAsync(request);
        Assert.Equal(status, response.StatusCode);
    }

    [Fact]
    public async Task Without_a_token_there_is_no_answer() => await RefusedAsync(null);

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("a.b.c")]
    public async Task Garbage_is_no_token(string token) => await RefusedAsync(token);

    [Fact]
    public async Task An_old_token_is_worthless() =>
        await RefusedAsync(Minter(_key,
            new FakeTimeProvider(DateTimeOffset.UtcNow - InternalIdentity.Minter.Lifetime - TimeSpan.FromSeconds(11))).Mint("shop", []));

    [Fact]
    public async Task A_token_of_the_future_is_not_valid_yet() =>
        await RefusedAsync(Minter(_key, new FakeTimeProvider(DateTimeOffset.UtcNow.AddMinutes(1))).Mint("shop", []));

    [Fact]
    public async Task Another_key_mints_no_valid_token()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await RefusedAsync(Minter(other, TimeProvider.System).Mint("shop", []));
    }

    [Fact]
    public async Task A_token_without_a_signature_is_refused() => await RefusedAsync(Token(null));

    /// <summary>The public key is no secret: as the key of a symmetric signature it proves nothing (RFC 8725 §2.1).</summary>
    [Fact]
    public async Task The_public_key_signs_nothing() =>
        await RefusedAsync(Token(
            new SigningCredentials(new SymmetricSecurityKey(_key.ExportSubjectPublicKeyInfo()), SecurityAlgorithms.HmacSha256)));

    [Theory]
    [InlineData("flashcall-gateway", "flashcall-services", true, true)]
    [InlineData("somebody", "flashcall-services", true, false)]
    [InlineData("flashcall-gateway", "others", true, false)]
    [InlineData("flashcall-gateway", "flashcall-services", false, false)]
    public async Task A_token_is_for_these_services_from_the_gateway_and_ends(string issuer, string audience, bool ends, bool accepted)
    {
        var token = Token(new SigningCredentials(new ECDsaSecurityKey(_key), SecurityAlgorithms.EcdsaSha256), issuer, audience, ends);
        if (accepted)
            Assert.Equal(HttpStatusCode.OK, (await AskAsync(token)).Status);
        else
            await RefusedAsync(token);
    }

    [Fact]
    public async Task A_token_that_was_changed_is_refused()
    {
        var parts = Minter(_key, TimeProvider.System).Mint("shop", []).Split('.');
        var claims = JsonNode.Parse(Base64UrlEncoder.Decode(parts[1]))!;
        claims[InternalIdentity.ApplicationClaim] = "bank";
        await RefusedAsync($"{parts[0]}.{Base64UrlEncoder.Encode(claims.ToJsonString())}.{parts[2]}");
    }

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task Health_needs_no_token(string path) =>
        Assert.Equal(HttpStatusCode.OK, (await _running!.Client.GetAsync(path)).StatusCode);

    [Fact]
    public void No_keys_are_made_to_protect_data() => Assert.Null(_running!.App.Services.GetService<IDataProtectionProvider>());

    [Theory]
    [InlineData(null, "is missing")]
    [InlineData("key", "PEM")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "PEM")]
    public void A_key_that_is_none_is_refused_at_the_start(string? pem, string said)
    {
        string[] arguments = pem is null ? [] : [$"--Identity:PublicKey={pem}"];
        var exception = Assert.Throws<SettingsException>(() => PlatformHost.CreateBuilder(arguments, "test").AddInternalIdentity());
        Assert.Equal("FLASHCALL_IDENTITY__PUBLICKEY", exception.Setting);
        Assert.Contains(said, exception.Message, StringComparison.Ordinal);
    }

    private static InternalIdentity.Minter Minter(ECDsa key, TimeProvider time) => new(
        new ConfigurationBuilder().AddInMemoryCollection(
            [KeyValuePair.Create("Identity:SigningKey", (string?)key.ExportPkcs8PrivateKeyPem())]).Build(), time);

    private static string Token(
        SigningCredentials? credentials, string issuer = "flashcall-gateway", string audience = "flashcall-services", bool ends = true) =>
        new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer,
            Audience = audience,
            Expires = ends ? DateTime.UtcNow.AddMinutes(1) : null,
            Claims = new Dictionary<string, object>(StringComparer.Ordinal)
            {
                [InternalIdentity.ApplicationClaim] = "shop",
                [InternalIdentity.ScopeClaim] = "",
            },
            SigningCredentials = credentials,
        });

    private async Task RefusedAsync(string? token)
    {
        var (status, body) = await AskAsync(token);
        Assert.Equal(HttpStatusCode.Unauthorized, status);
        Assert.Equal("unauthorized", (string?)JsonNode.Parse(body)!["code"]);
    }

    private async Task<(HttpStatusCode Status, string Body)> AskAsync(string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/who");
        if (token is not null)
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        using var response = await _running!.Client.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
