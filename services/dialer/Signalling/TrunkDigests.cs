using System.Collections.Concurrent;
using FlashCall.Dialer.Trunks;
using FlashCall.Sip;

namespace FlashCall.Dialer.Signalling;

/// <summary>What each trunk's challenges are answered with. Its calls share the nonces that it gave, so that most
/// need not be asked.</summary>
internal sealed class TrunkDigests
{
    private readonly ConcurrentDictionary<string, (TrunkCredentials Credentials, SipDigest Digest)> _digests = new(StringComparer.Ordinal);

    /// <summary>That of a trunk; null where we have no credentials for it.</summary>
    public SipDigest? Of(Trunk trunk)
    {
        if (trunk.Credentials is not { } credentials)
            return null;
        // Other credentials begin anew: what the peer knew of the old ones says nothing about them.
        return _digests.AddOrUpdate(
            trunk.Name,
            static (_, now) => Begin(now),
            static (_, known, now) => known.Credentials == now ? known : Begin(now),
            credentials).Digest;
    }

    private static (TrunkCredentials, SipDigest) Begin(TrunkCredentials credentials) =>
        (credentials, new SipDigest(new SipCredentials(credentials.Username, credentials.Password)));
}
