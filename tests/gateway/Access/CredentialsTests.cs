using System.Security.Cryptography;
using System.Text;
using FlashCall.Gateway.Access;
using FlashCall.Gateway.Applications;
using FlashCall.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace FlashCall.Gateway.Tests.Access;

/// <summary>Who a credential is, and why it is nobody.</summary>
public sealed class CredentialsTests
{
    private static readonly byte[] Secret = RandomNumberGenerator.GetBytes(32);
    private static readonly Guid KeyId = Guid.CreateVersion7();
    private static readonly Guid ExpiredKeyId = Guid.CreateVersion7();
    private static readonly Guid UnreadableKeyId = Guid.CreateVersion7();
    private static readonly Guid Session = Guid.CreateVersion7();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public static TheoryData<string, string, bool, string> Matrix
    {
        get
        {
            var basic = Basic(KeyId, Convert.ToBase64String(Secret));
            var data = new TheoryData<string, string, bool, string>();
            // minimum, credential, whether the address takes Sinch's, outcome
            void Add(string credential, string outcome, string? onSinch = null, params string[] minimum)
            {
                foreach (var level in minimum is [] ? ["public", "bearer", "signed"] : minimum)
                {
                    data.Add(level, credential, false, outcome);
                    data.Add(level, credential, true, onSinch ?? outcome);
                }
            }
            Add("Bearer fck_good", "Bearer by key", null, "public", "bearer");
            Add("Bearer fck_good", "stronger_authorization_needed", null, "signed");
            Add("bearer  fck_good ", "Bearer by key", null, "bearer");
            Add("Bearer fck_expired", "credential_expired");
            Add("Bearer fck_unreadable", "Bearer by key", null, "bearer");
            Add("Bearer fck_other", "unauthorized");
            Add("Bearer", "unauthorized");
            Add("Bearer ", "unauthorized");
            Add("fck_good", "unauthorized");
            Add("Basic " + basic, "unauthorized", "Bearer by key", "public", "bearer");
            Add("BASIC " + basic, "unauthorized", "Bearer by key", "bearer");
            Add("Basic " + basic, "unauthorized", "stronger_authorization_needed", "signed");
            Add("Basic " + Basic(KeyId, Convert.ToBase64String(new byte[32])), "unauthorized");
            Add("Basic " + Basic(KeyId, ""), "unauthorized");
            Add("Basic " + Basic(KeyId, "fck_good"), "unauthorized");
            Add("Basic " + Basic(UnreadableKeyId, ""), "unauthorized");
            Add("Basic " + Basic(UnreadableKeyId, Convert.ToBase64String(Secret)), "unauthorized");
            Add("Basic " + Basic(ExpiredKeyId, Convert.ToBase64String(Secret)), "unauthorized", "credential_expired");
            Add("Basic " + Convert.ToBase64String("nothing"u8), "unauthorized");
            Add("Basic ***", "unauthorized");
            Add("Basic " + Convert.ToBase64String(new byte[300]), "unauthorized");
            Add($"Application {KeyId}", "unauthorized", "Public by key", "public");
            Add($"application {KeyId}", "unauthorized", "Public by key", "public");
            Add($"Application {KeyId}", "unauthorized", "stronger_authorization_needed", "bearer", "signed");
            Add($"Application {ExpiredKeyId}", "unauthorized", "credential_expired");
            Add($"Application {Guid.CreateVersion7()}", "unauthorized");
            Add("Application", "unauthorized");
            Add($"Application {KeyId}:", "unauthorized");
            Add($"Application {KeyId}:{Convert.ToBase64String(new byte[31])}", "unauthorized");
            Add($"Application {KeyId}:{Convert.ToBase64String(new byte[33])}", "unauthorized");
            Add($"Application {KeyId}:{Convert.ToBase64String(new byte[32])}", "invalid_signature");
            Add($"Application {UnreadableKeyId}:{Convert.ToBase64String(new byte[32])}", "unauthorized");
            Add($"Digest {KeyId}", "unauthorized");
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Each_credential_is_somebody_or_is_told_why_not(string minimum, string credential, bool takesSinch, string outcome)
    {
        var context = Request("GET", "/v1/verifications", credential, takesSinch);
        context.Request.Headers["x-timestamp"] = "2026-01-01T00:00:00Z";

        var (caller, refusal) = await CheckAsync(context, AuthorizationLevels.Read(minimum)!.Value);

        Assert.Equal(outcome, caller is null ? refusal!.Code : $"{caller.Level} by {(caller.KeyId is null ? "token" : "key")}");
        Assert.True(caller is null || (refusal is null && caller is { Application.Id: "shop", SessionId: null }));
    }

    [Theory]
    [InlineData("public", 59, "shop")]
    [InlineData("bearer", 59, "shop")]
    [InlineData("signed", 59, "shop")]
    [InlineData("bearer", 60, "unauthorized")]
    public async Task A_client_token_is_good_for_its_session_whatever_the_application_asks_of_its_keys(
        string minimum, int after, string outcome)
    {
        var token = Tokens().Write(new ClientToken(Session, "shop", _time.GetUtcNow() + TimeSpan.FromMinutes(1)));
        _time.Advance(TimeSpan.FromSeconds(after));

        var (caller, refusal) = await CheckAsync(
            Request("GET", "/", "Bearer " + token, takesSinch: false), AuthorizationLevels.Read(minimum)!.Value);

        Assert.Equal(outcome, caller?.Application.Id ?? refusal!.Code);
        Assert.Equal(caller is null ? null : Session, caller?.SessionId);
    }

    [Fact]
    public async Task A_client_token_of_an_application_that_is_gone_or_of_another_platform_is_nobody()
    {
        var gone = Tokens().Write(new ClientToken(Session, "gone", _time.GetUtcNow() + TimeSpan.FromMinutes(1)));
        var foreign = Tokens([.. Enumerable.Repeat((byte)7, 32)])
            .Write(new ClientToken(Session, "shop", _time.GetUtcNow() + TimeSpan.FromMinutes(1)));

        foreach (var token in (string[])[gone, foreign, gone[..^1], "fct_", "fct_.", foreign.Replace('.', '_')])
        {
            var (caller, refusal) = await CheckAsync(Request("GET", "/", "Bearer " + token, takesSinch: false), AuthorizationLevel.Public);
            Assert.Null(caller);
            Assert.Equal("unauthorized", refusal!.Code);
        }
    }

    [Theory]
    [InlineData("2026-01-01T00:00:00Z", true)]
    [InlineData("2026-01-01T00:00:00.1234567Z", true)]
    [InlineData("2026-01-01T00:00:00.123456789Z", true)]
    [InlineData("2026-01-01T00:05:00Z", true)]
    [InlineData("2025-12-31T23:55:00Z", true)]
    [InlineData("2026-01-01T02:00:00+02:00", true)]
    [InlineData("2025-12-31T19:00:00-05:00", true)]
    [InlineData("2026-01-01T00:05:01Z", false)]
    [InlineData("2025-12-31T23:54:59Z", false)]
    [InlineData("2026-01-01T02:00:00Z", false)]
    [InlineData("2026-01-01T00:00:00", false)]
    [InlineData("2026-01-01 00:00:00Z", false)]
    [InlineData("Thu, 01 Jan 2026 00:00:00 GMT", false)]
    [InlineData("1767225600", false)]
    [InlineData("", false)]
    [InlineData("2026-01-01T00:00:00Z                            x", false)]
    public async Task A_timestamp_is_near_in_ISO_8601_and_has_a_zone(string timestamp, bool isGood)
    {
        var context = Signed("GET", "/v1/verifications", [], contentType: null, timestamp);

        var (caller, refusal) = await CheckAsync(context, AuthorizationLevel.Signed);

        Assert.Equal(isGood ? "Signed" : "invalid_timestamp", caller?.Level.ToString() ?? refusal!.Code);
    }

    [Theory]
    [InlineData("/v1/verifications/%2B46701740605", "/v1/verifications/%2B46701740605", true)]
    [InlineData("/v1/verifications/%2B46701740605", "/v1/verifications/+46701740605", true)]
    [InlineData("/v1/verifications/+46701740605", "/v1/verifications/+46701740605", true)]
    [InlineData("/v1/verifications?to=%2B467", "/v1/verifications?to=%2B467", true)]
    [InlineData("/v1/verifications?to=%2B467", "/v1/verifications", false)]
    [InlineData("/v1/verifications?to=%2B468", "/v1/verifications?to=%2B467", false)]
    [InlineData("/v1/verifications/", "/v1/verifications", false)]
    public async Task The_path_is_signed_with_its_query(string sent, string covered, bool isGood)
    {
        var context = Signed("GET", covered, [], contentType: null, "2026-01-01T00:00:00Z");
        context.Features.Get<IHttpRequestFeature>()!.RawTarget = sent;

        var (caller, refusal) = await CheckAsync(context, AuthorizationLevel.Signed);

        Assert.Equal(isGood ? "Signed" : "invalid_signature", caller?.Level.ToString() ?? refusal!.Code);
    }

    [Fact]
    public async Task A_content_type_that_is_sent_is_signed()
    {
        var unsigned = Signed("GET", "/", [], contentType: null, "2026-01-01T00:00:00Z");
        unsigned.Request.Headers.ContentType = "application/json";
        var signed = Signed("GET", "/", [], "application/json", "2026-01-01T00:00:00Z");

        Assert.Equal("invalid_signature", (await CheckAsync(unsigned, AuthorizationLevel.Signed)).Refused?.Code);
        Assert.NotNull((await CheckAsync(signed, AuthorizationLevel.Signed)).Accepted);
    }

    [Fact]
    public async Task Two_of_what_may_be_there_once_are_nobody()
    {
        var twoCredentials = Request("GET", "/", "Bearer fck_good", takesSinch: true);
        twoCredentials.Request.Headers.Append("Authorization", "Bearer fck_good");
        var twoTimestamps = Signed("GET", "/", [], contentType: null, "2026-01-01T00:00:00Z");
        twoTimestamps.Request.Headers.Append("x-timestamp", "2026-01-01T00:00:00Z");

        Assert.Equal("unauthorized", (await CheckAsync(twoCredentials, AuthorizationLevel.Public)).Refused?.Code);
        Assert.Equal("invalid_timestamp", (await CheckAsync(twoTimestamps, AuthorizationLevel.Public)).Refused?.Code);
    }

    [Fact]
    public async Task A_signature_that_cannot_be_checked_for_replay_is_not_taken()
    {
        await using var away = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Timeout=1");
        var post = Signed("POST", "/v1/verifications", "{}"u8.ToArray(), "application/json", "2026-01-01T00:00:00Z");
        var get = Signed("GET", "/v1/verifications", [], contentType: null, "2026-01-01T00:00:00Z");

        var refusal = (await CheckAsync(post, AuthorizationLevel.Signed, away)).Refused;
        Assert.Equal((503, "unavailable"), (refusal?.Status, refusal?.Code));
        Assert.NotNull((await CheckAsync(get, AuthorizationLevel.Signed, away)).Accepted);
    }

    private async Task<(Caller? Accepted, Refusal? Refused)> CheckAsync(
        HttpContext context, AuthorizationLevel minimum, NpgsqlDataSource? data = null)
    {
        var applications = new ApplicationDirectory();
        applications.Take(new ApplicationSnapshot(
        [
            new Application
            {
                Id = "shop",
                Name = "Shop",
                Scopes = Scopes.All,
                MinimumAuthorization = minimum,
                Keys =
                [
                    new ApplicationKey(KeyId, Hash("fck_good"), Secret, _time.Start + TimeSpan.FromHours(1)),
                    new ApplicationKey(ExpiredKeyId, Hash("fck_expired"), Secret, _time.Start),
                    new ApplicationKey(UnreadableKeyId, Hash("fck_unreadable"), SigningSecret: null, ExpiresAt: null),
                ],
            },
        ]));
        await using var nowhere = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Timeout=1");
        return await new Credentials(applications, Tokens(), new ReplayGuard(data ?? nowhere), _time).CheckAsync(context);
    }

    private static DefaultHttpContext Request(string method, string target, string credential, bool takesSinch)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = method;
        context.Features.Get<IHttpRequestFeature>()!.RawTarget = target;
        context.Request.Headers.Authorization = credential;
        context.SetEndpoint(new Endpoint(
            null, new EndpointMetadataCollection(takesSinch ? [new AcceptsSinchCredentials()] : []), displayName: null));
        return context;
    }

    private static DefaultHttpContext Signed(string method, string target, byte[] body, string? contentType, string timestamp)
    {
        var signature = Signing.Of(Secret, method, body, contentType ?? "", timestamp, target);
        var context = Request(method, target, $"Application {KeyId}:{signature}", takesSinch: false);
        context.Request.Headers["x-timestamp"] = timestamp;
        if (contentType is not null)
            context.Request.Headers.ContentType = contentType;
        context.Request.Body = new MemoryStream(body, 0, body.Length, writable: false, publiclyVisible: true);
        return context;
    }

    private static ClientTokens Tokens(byte[]? key = null)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("ClientTokens:Key", Convert.ToBase64String(key ?? new byte[32]))]).Build();
        return ClientTokens.Read(configuration, new SettingsMistakes())!;
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    private static string Basic(Guid id, string secret) => Convert.ToBase64String(Encoding.UTF8.GetBytes($"{id}:{secret}"));
}
