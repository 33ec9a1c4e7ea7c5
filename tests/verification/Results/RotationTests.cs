using System.Security.Cryptography;
using System.Text.Json;
using FlashCall.Hosting;
using FlashCall.Verification.Results;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Tests.Sessions;
using FlashCall.Verification.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Tokens;
using Npgsql;
using Xunit;

namespace FlashCall.Verification.Tests.Results;

/// <summary>The keys of two replicas on one real database, over days that pass at once.</summary>
public sealed class RotationTests(RotationDatabase database) : IClassFixture<RotationDatabase>, IAsyncLifetime
{
    private static readonly TimeSpan Ahead = TimeSpan.FromDays(1);
    private static readonly TimeSpan Every = TimeSpan.FromDays(2);
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LooksEvery = TimeSpan.FromSeconds(5);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly byte[] _secretsKey = RandomNumberGenerator.GetBytes(32);

    private NpgsqlDataSource Data => database.Data;

    public ValueTask InitializeAsync() => new(ForgetKeysAsync());

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Whoever_keeps_what_was_published_for_as_long_as_it_is_published_ahead_never_meets_an_unknown_key()
    {
        using var one = Replica();
        using var other = Replica();
        var fetched = new Queue<(DateTimeOffset At, HashSet<string> Kids)>();
        var signed = new List<(DateTimeOffset ExpiresAt, string Kid)>();
        var kids = new HashSet<string>(StringComparer.Ordinal);
        await one.RefreshAsync(CancellationToken.None);

        var began = _time.GetUtcNow();
        // A little before the full minutes at which keys come due: the one is the first to see it.
        _time.Advance(Step - TimeSpan.FromSeconds(2));
        for (; _time.GetUtcNow() < began + 3.5 * Every; _time.Advance(Step - LooksEvery))
        {
            await other.RefreshAsync(CancellationToken.None);
            _time.Advance(LooksEvery);
            // The one may make a key now, which the other, as late as a replica can be, does not publish yet.
            await one.RefreshAsync(CancellationToken.None);
            var now = _time.GetUtcNow();
            foreach (var replica in (ResultKeys[])[one, other])
            {
                fetched.Enqueue((now, await KidsOf(replica)));
                var signer = (await replica.SignerAsync(CancellationToken.None)).Public.Kid;
                kids.Add(signer);
                signed.Add((now + ResultSettings.LongestTokenLifetime, signer));
            }
            while (fetched.Peek().At < now - Ahead)
                fetched.Dequeue();
            signed.RemoveAll(token => token.ExpiresAt < now);
            Assert.All(fetched, published => Assert.Contains(signed[^1].Kid, published.Kids));
            Assert.All(fetched, published => Assert.Contains(signed[^2].Kid, published.Kids));
            // And whoever fetches only now can still check every token that is valid.
            Assert.All(signed, token => Assert.Contains(token.Kid, fetched.Last().Kids));
        }

        Assert.Equal(4, kids.Count);
        Assert.InRange((await new ResultKeyStore(Data).ReadAsync(CancellationToken.None)).Count, 1, 2);
    }

    [Fact]
    public async Task Replicas_that_need_a_key_at_the_same_moment_make_one()
    {
        var replicas = Enumerable.Range(0, 4).Select(_ => Replica()).ToList();

        await Task.WhenAll(replicas.Select(replica => replica.RefreshAsync(CancellationToken.None)));

        var kids = await Task.WhenAll(replicas.Select(async replica => (await replica.SignerAsync(CancellationToken.None)).Public.Kid));
        Assert.Single(kids.Distinct(StringComparer.Ordinal));
        Assert.Single(await new ResultKeyStore(Data).ReadAsync(CancellationToken.None));
        replicas.ForEach(replica => replica.Dispose());
    }

    [Fact]
    public async Task A_running_service_looks_for_keys_every_few_seconds()
    {
        using var one = Replica();
        using var other = Replica();
        await one.RefreshAsync(CancellationToken.None);
        var first = (await one.SignerAsync(CancellationToken.None)).Public.Kid;
        await other.StartAsync(CancellationToken.None);
        await FlashCall.Testing.Eventually.TrueAsync(() => other.AreKnown, "the first look");
        await ForgetKeysAsync();

        // A removed key, as after a leak, is replaced at once and by all.
        await one.RefreshAsync(CancellationToken.None);
        var second = (await one.SignerAsync(CancellationToken.None)).Public.Kid;
        Assert.NotEqual(first, second);
        _time.Advance(TimeSpan.FromSeconds(5));
        await FlashCall.Testing.Eventually.TrueAsync(
            async () => (await other.SignerAsync(CancellationToken.None)).Public.Kid == second, "the new key at the other replica");
        await other.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_key_that_cannot_be_decrypted_neither_signs_nor_is_published()
    {
        using var one = Replica();
        await one.RefreshAsync(CancellationToken.None);
        using var stranger = Replica(RandomNumberGenerator.GetBytes(32));
        await stranger.RefreshAsync(CancellationToken.None);

        Assert.Null(one.Problem);
        Assert.Contains("encrypted under another Verification:SecretsKey", stranger.Problem, StringComparison.Ordinal);
        Assert.Empty(await stranger.PublishedAsync(CancellationToken.None));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await stranger.SignerAsync(CancellationToken.None));
    }

    [Fact]
    public async Task The_database_holds_the_public_key_and_not_the_private_one()
    {
        using var one = Replica();
        await one.RefreshAsync(CancellationToken.None);
        var signer = await one.SignerAsync(CancellationToken.None);
        var secret = ((ECDsaSecurityKey)signer.Signing.Key).ECDsa.ExportParameters(includePrivateParameters: true).D!;

        await using var read = Data.CreateCommand("select kid, public_key ->> 'x', private_key from result_keys");
        await using var row = await read.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        Assert.True(await row.ReadAsync(TestContext.Current.CancellationToken));
        Assert.Equal((signer.Public.Kid, signer.Public.X), (row.GetString(0), row.GetString(1)));
        Assert.Equal(-1, row.GetFieldValue<byte[]>(2).AsSpan().IndexOf(secret));
    }

    [Fact]
    public async Task A_token_is_handed_out_as_long_as_it_is_valid()
    {
        var verified = Usual.Ringing.And(Usual.Right, Usual.Succeeded).State;
        using var keys = Replica();
        var tokens = new ResultTokens(keys, Settings(_secretsKey), _time);
        _time.SetUtcNow(((VerificationSession.Ended)verified).At + TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1));

        Assert.NotNull(await tokens.ForAsync(verified, CancellationToken.None));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Null(await tokens.ForAsync(verified, CancellationToken.None));
    }

    [Fact]
    public async Task The_chance_to_guess_counts_the_reports_of_all_attempts()
    {
        var again = Usual.Started with { AttemptId = Spec.Second, Position = 1 };
        var second = Usual.Leased with { AttemptId = Spec.Second, LeaseId = Spec.Second, Candidates = 1_000, ReportsAllowed = 1 };
        var verified = Spec.Given(Usual.RequestedWithTwoAttempts, Usual.Allowed, Usual.Started, Usual.Leased, Usual.Rang, Usual.Withheld)
            .And(again, second, Usual.Right with { AttemptId = Spec.Second }, Usual.Succeeded with { AttemptId = Spec.Second }).State;
        using var keys = Replica();
        _time.SetUtcNow(((VerificationSession.Ended)verified).At);

        var token = await new ResultTokens(keys, Settings(_secretsKey), _time).ForAsync(verified, CancellationToken.None);

        var strength = JsonDocument.Parse(Base64UrlEncoder.Decode(token!.Split('.')[1])).RootElement.GetProperty("strength");
        Assert.Equal(1_000, strength.GetProperty("candidates").GetInt32());
        Assert.Equal(0.0003 + 0.001, strength.GetProperty("guess_probability").GetDouble(), 1e-12);
    }

    [Fact]
    public void A_key_is_named_by_its_thumbprint_and_opens_under_its_own_name_alone()
    {
        var box = new SealedBox(_secretsKey);
        var (key, stored) = ResultKey.Create(box);
        var jwk = new JsonWebKey { Kty = "EC", Crv = "P-256", X = key.Public.X, Y = key.Public.Y };

        Assert.Equal(Base64UrlEncoder.Encode(jwk.ComputeJwkThumbprint()), key.Public.Kid);
        Assert.Equal(key.Public, ResultKey.Open(box, key.Public.Kid, stored)?.Public);
        Assert.Null(ResultKey.Open(box, "another", stored));
        Assert.Null(ResultKey.Open(new SealedBox(RandomNumberGenerator.GetBytes(32)), key.Public.Kid, stored));
    }

    private static async Task<HashSet<string>> KidsOf(ResultKeys keys) =>
        [.. (await keys.PublishedAsync(CancellationToken.None)).Select(key => key.Kid)];

    private ResultKeys Replica(byte[]? secretsKey = null) => new(
        new ResultKeyStore(Data), Settings(secretsKey ?? _secretsKey), new OutageLog(_time, NullLogger<OutageLog>.Instance), _time,
        NullLogger<ResultKeys>.Instance);

    private static ResultSettings Settings(byte[] secretsKey) =>
        new() { SecretsKey = secretsKey, RotateEvery = Every, PublishAhead = Ahead };

    private async Task ForgetKeysAsync()
    {
        await using var forget = Data.CreateCommand("delete from result_keys");
        await forget.ExecuteNonQueryAsync();
    }
}

/// <summary>A database of the verification service in which the tests make the keys.</summary>
public sealed class RotationDatabase(RunningVerification running) : IAsyncLifetime
{
    private WebApplication? _app;

    internal NpgsqlDataSource Data => _app!.Services.GetRequiredService<NpgsqlDataSource>();

    public async ValueTask InitializeAsync()
    {
        string[] arguments = [.. running.Arguments, $"--DatabasePrefix={running.DatabasePrefix}rotation_"];
        Assert.Equal(0, await PlatformHost.RunAsync([PlatformHost.PrepareArgument, .. arguments], VerificationService.Build));
        _app = VerificationService.Build(arguments);
    }

    public ValueTask DisposeAsync() => _app!.DisposeAsync();
}
