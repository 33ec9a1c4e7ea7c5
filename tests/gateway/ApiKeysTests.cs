using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using FlashCall.Gateway.Access;
using FlashCall.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.IdentityModel.JsonWebTokens;

namespace FlashCall.Gateway.Tests;

/// <summary>Looking keys up, and the tokens they are exchanged for.</summary>
public sealed class ApiKeysTests
{
    [Fact]
    public void A_key_finds_its_application_and_nothing_else_does()
    {
        var keys = new ApiKeys([Application("one", "fck_a", "fck_b"), Application("two", "fck_c")]);

        Assert.Equal(["one", "one", "two"], [keys.Find("fck_a")?.Id, keys.Find("fck_b")?.Id, keys.Find("fck_c")?.Id]);
        Assert.Null(keys.Find("fck_d"));
        Assert.Null(keys.Find("FCK_A"));
        Assert.Null(keys.Find("fck_a "));
        Assert.Null(keys.Find(""));
        Assert.Null(keys.Find(new string('x', 10_000)));
        Assert.Null(keys.Find(Convert.ToHexStringLower(SHA256.HashData("fck_a"u8))));
    }

    [Fact]
    public void A_look_up_takes_the_same_time_wherever_the_key_is()
    {
        const int Count = 4_000;
        var keys = new ApiKeys(Enumerable.Range(0, Count).Select(i => Application($"a{i}", $"fck_{i}")));
        string[] asked = ["fck_0", $"fck_{Count - 1}", "fck_none"];
        var best = new double[asked.Length];
        Array.Fill(best, double.MaxValue);

        // The least of many: what disturbs a measurement only ever adds to it.
        for (var round = 0; round < 200; round++)
        {
            for (var i = 0; i < asked.Length; i++)
            {
                var start = Stopwatch.GetTimestamp();
                keys.Find(asked[i]);
                best[i] = Math.Min(best[i], Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            }
        }

        // A look-up that stopped at the first key would be some hundred times faster there.
        Assert.True(best.Max() < 3 * best.Min(), $"first {best[0]} µs, last {best[1]} µs, none {best[2]} µs");
    }

    [Fact]
    public void A_token_serves_half_its_lifetime()
    {
        var time = new Clock();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Identity:SigningKey", key.ExportPkcs8PrivateKeyPem())]).Build();
        var minter = new InternalIdentity.Minter(configuration, time);
        var tokens = new InternalTokens(minter, [Application("one", "fck_a"), Application("two", "fck_b")], time);

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

    private static Application Application(string id, params string[] keys) =>
        new(id, id, [.. keys.Select(key => SHA256.HashData(Encoding.UTF8.GetBytes(key)))], Scopes.All);

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UtcNow;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
