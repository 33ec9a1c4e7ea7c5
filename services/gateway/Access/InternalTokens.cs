using System.Collections.Frozen;
using FlashCall.Hosting;

namespace FlashCall.Gateway.Access;

/// <summary>
/// The token that each application's requests carry to the services. Signing costs some 100 µs, so a token serves all requests of its
/// application for half its lifetime; the other half is left for the request's way.
/// </summary>
internal sealed class InternalTokens(InternalIdentity.Minter minter, IEnumerable<Application> applications, TimeProvider time)
{
    private readonly FrozenDictionary<string, Slot> _slots =
        applications.ToFrozenDictionary(application => application.Id, application => new Slot(application), StringComparer.Ordinal);

    /// <summary>The application's current token.</summary>
    public string For(string applicationId)
    {
        var slot = _slots[applicationId];
        var now = time.GetUtcNow();
        if (slot.Current is { } current && now < current.RenewAt)
            return current.Token;
        // Two requests may mint at the same moment; both tokens are good.
        var minted = new Minted(minter.Mint(slot.Application.Id, slot.Application.Scopes), now + InternalIdentity.Minter.Lifetime / 2);
        slot.Current = minted;
        return minted.Token;
    }

    private sealed record Minted(string Token, DateTimeOffset RenewAt);

    private sealed class Slot(Application application)
    {
        private volatile Minted? _current;

        public Application Application { get; } = application;

        public Minted? Current
        {
            get => _current;
            set => _current = value;
        }
    }
}
