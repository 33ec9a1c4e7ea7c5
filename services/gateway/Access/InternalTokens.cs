using System.Collections.Concurrent;
using FlashCall.Gateway.Applications;
using FlashCall.Hosting;
using Microsoft.Extensions.Caching.Memory;

namespace FlashCall.Gateway.Access;

/// <summary>
/// The token that each application's requests carry to the services. Signing costs some 100 µs, so a token serves all requests of its
/// application for half its lifetime; the other half is left for the request's way. An application that was changed gets a new one.
/// A client token has an internal one of its own, kept while there is room.
/// </summary>
internal sealed class InternalTokens(InternalIdentity.Minter minter, ApplicationDirectory applications, TimeProvider time) : IDisposable
{
    private const int MostSessions = 10_000;
    private static readonly TimeSpan ServesFor = InternalIdentity.Minter.Lifetime / 2;

    private readonly MemoryCache _sessions = new(new MemoryCacheOptions { SizeLimit = MostSessions });
    private readonly ConcurrentDictionary<string, Minted> _minted = new(StringComparer.Ordinal);

    /// <summary>The application's current token.</summary>
    public string For(string applicationId)
    {
        // One that was removed while it asked is served to the end with the token that it had.
        var application = applications.Current.Find(applicationId) ?? _minted.GetValueOrDefault(applicationId)?.For
            ?? throw new InvalidOperationException($"The application {applicationId} was removed while it asked.");
        return For(application);
    }

    private string For(Application application)
    {
        var now = time.GetUtcNow();
        if (_minted.TryGetValue(application.Id, out var current) && ReferenceEquals(current.For, application) && now < current.RenewAt)
            return current.Token;
        // Two requests may mint at the same moment; both tokens are good.
        var minted = new Minted(
            application, minter.Mint(application.Id, application.Scopes, PolicyClaim.Write(application.Policies)), now + ServesFor);
        _minted[application.Id] = minted;
        return minted.Token;
    }

    /// <summary>The token for what a caller may do.</summary>
    public string For(Caller caller)
    {
        if (caller.SessionId is not { } session)
            return For(caller.Application);
        var now = time.GetUtcNow();
        if (_sessions.TryGetValue(session, out Minted? current) && current!.For.Id == caller.Application.Id && now < current.RenewAt)
            return current.Token;
        var minted = new Minted(caller.Application, minter.MintForSession(caller.Application.Id, session), now + ServesFor);
        _sessions.Set(session, minted, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = ServesFor });
        return minted.Token;
    }

    public void Dispose() => _sessions.Dispose();

    private sealed record Minted(Application For, string Token, DateTimeOffset RenewAt);
}
