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
        var now = time.GetUtcNow();
        var isMinted = _minted.TryGetValue(applicationId, out var current) && now < current.RenewAt;
        // One that was removed while it asked is served to the end with the token that it had.
        var application = applications.Current.Find(applicationId) ?? (isMinted ? current!.For : null)
            ?? throw new InvalidOperationException($"The application {applicationId} was removed while it asked.");
        if (isMinted && ReferenceEquals(current!.For, application))
            return current.Token;
        // Two requests may mint at the same moment; both tokens are good.
        var minted = new Minted(
            application,
            minter.Mint(application.Id, application.Scopes, PolicyClaim.Write(application.Policies)),
            now + InternalIdentity.Minter.Lifetime / 2);
        _minted[applicationId] = minted;
        return minted.Token;
    }

    private sealed record Minted(Application For, string Token, DateTimeOffset RenewAt);
}
