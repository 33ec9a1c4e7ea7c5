using System.Security.Cryptography;
using FlashCall.Gateway.Access;
using FlashCall.Gateway.Applications;
using FlashCall.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;

namespace FlashCall.Gateway.Tests.Access;

/// <summary>What a client token is exchanged for.</summary>
public sealed class InternalTokensTests
{
    [Fact]
    public void A_client_token_becomes_one_that_says_its_session_and_serves_half_its_lifetime()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Identity:SigningKey", key.ExportPkcs8PrivateKeyPem())]).Build();
        using var tokens = new InternalTokens(new InternalIdentity.Minter(configuration, time), new ApplicationDirectory(), time);
        var (session, other) = (Guid.CreateVersion7(), Guid.CreateVersion7());

        var token = tokens.For(Caller("one", session));

        var said = new JsonWebToken(token);
        Assert.Equal(
            ("one", session.ToString(), "session"),
            (said.Subject, said.GetClaim(InternalIdentity.SessionClaim).Value, said.GetClaim(InternalIdentity.ScopeClaim).Value));
        Assert.False(said.TryGetClaim(InternalIdentity.PoliciesClaim, out _));
        Assert.NotEqual(token, tokens.For(Caller("one", other)));
        Assert.NotEqual(token, tokens.For(Caller("two", session)));
        var again = tokens.For(Caller("two", session));
        time.Advance(InternalIdentity.Minter.Lifetime / 2 - TimeSpan.FromMilliseconds(1));
        Assert.Equal(again, tokens.For(Caller("two", session)));
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.NotEqual(again, tokens.For(Caller("two", session)));
    }

    private static Caller Caller(string application, Guid session) =>
        new(new Application { Id = application, Name = application, Scopes = Scopes.All }, KeyId: null, AuthorizationLevel.Bearer, session);
}
