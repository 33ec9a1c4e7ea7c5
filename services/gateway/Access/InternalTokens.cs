using System.Collections.Concurrent;
using FlashCall.Gateway.Applications;
using FlashCall.Hosting;

namespace FlashCall.Gateway.Access;

/// <summary>
/// The token that each application's requests carry to the services. Signing costs some 100 µs, so a token serves all requests of its
/// application for half its lifetime; the other half is left for the request's way. An application that was changed gets a new one.
/// </summary>
internal sealed class InternalTokens(InternalIdentity.Minter minter, ApplicationDirectory applications, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Minted> _minted = new(StringComparer.Ordinal);

    /// <summary>The application's current token.</summary>
    public string For(string applicationId)
    {
        var application = applications.Current.Find(applicationId)
            ?? throw new InvalidOperationException($"The application {applicationId} was removed while it asked.");
        var now = time.GetUtcNow();
        if (_minted.TryGetValue(applicationId, out var current) && ReferenceEquals(current.For, application) && now < current.RenewAt)
            return current.Token;
        // Two requests may mint at the same moment; both tokens are good.
        var minted = new Minted(
            application, minter.Mint(application.Id, application.Scopes), now + InternalIdentity.Minter.Lifetime / 2);
        _minted[applicationId] = minted;
        return minted.Token;
    }

    private sealed record Minted(Application For, string Token, DateTimeOffset RenewAt);
}
