using System.Security.Cryptography;
using System.Text;
using FlashCall.Gateway.Access;
using FlashCall.Gateway.Applications;
using FlashCall.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.IdentityModel.JsonWebTokens;

namespace FlashCall.Gateway.Tests;

/// <summary>Looking keys up, and the tokens they are exchanged for.</summary>
public sealed class ApplicationDirectoryTests
{
    [Fact]
    public void A_key_finds_its_application_and_nothing_else_does()
    {
        var keys = Directory(Application("one", "fck_a", "fck_b"), Application("two", "fck_c"));

        Assert.Equal(["one", "one", "two"], [keys.FindApiKey("fck_a")?.Application.Id, keys.FindApiKey("fck_b")?.Application.Id, keys.FindApiKey("fck_c")?.Application.Id]);
        Assert.Null(keys.FindApiKey("fck_d"));
        Assert.Null(keys.FindApiKey("FCK_A"));
        Assert.Null(keys.FindApiKey("fck_a "));
        Assert.Null(keys.FindApiKey(""));
        Assert.Null(keys.FindApiKey(new string('x', 10_000)));
        Assert.Null(keys.FindApiKey(Convert.ToHexStringLower(SHA256.HashData("fck_a"u8))));
    }

    [Fact]
    public void A_token_serves_half_its_lifetime()
    {
        var time = new Clock();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Identity:SigningKey", key.ExportPkcs8PrivateKeyPem())]).Build();
        var minter = new InternalIdentity.Minter(configuration, time);
        var tokens = new InternalTokens(minter, Directory(Application("one", "fck_a"), Application("two", "fck_b")), time);

        var first = tokens.For("one");
        Assert.NotEqual(first, tokens.For("two"));
        time.Now += InternalIdentity.Minter.Lifetime / 2 - TimeSpan.FromSeconds(1);
        Assert.Equal(first, tokens.For("one"));
        time.Now += TimeSpan.FromSeconds(1);
        var second = tokens.For("one");

        Assert.NotEqual(first, second);
        var left = new JsonWebToken(second).ValidTo - time.GetUtcNow().UtcDateTime;
        Assert.InRange(left, InternalIdentity.Minter.Lifetime - TimeSpan.FromSeconds(1), InternalIdentity.Minter.Lifetime);
    }

    private static ApplicationDirectory Directory(params Application[] applications)
    {
        var directory = new ApplicationDirectory();
        directory.Take(new ApplicationSnapshot(applications));
        return directory;
    }

    private static Application Application(string id, params string[] keys) => new()
    {
        Id = id,
        Name = id,
        Keys =
        [
            .. keys.Select(key =>
                new ApplicationKey(Guid.CreateVersion7(), SHA256.HashData(Encoding.UTF8.GetBytes(key)), SigningSecret: null, ExpiresAt: null)),
        ],
        Scopes = Scopes.All,
    };

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UtcNow;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
