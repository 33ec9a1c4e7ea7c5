using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FlashCall.Dialer.Trunks;
using FlashCall.Sip;

namespace FlashCall.Dialer.Signalling;

/// <summary>The ways to trunks: their addresses looked up (RFC 3263), and over TLS what their certificates have to say.</summary>
/// <param name="stack">The stack, with the transports.</param>
/// <param name="resolver">Looks names up.</param>
internal sealed class TrunkWays(SipStack stack, SipResolver resolver)
{
    private const int MaxProfiles = 1024;

    // Reading certificates costs more than a call; trunks change seldom. Those of former trunks are left to the collector.
    private readonly ConcurrentDictionary<(TrunkTls? Tls, string Host), SipTlsProfile> _profiles = new();

    // Addresses that are no names lead to the same place as long as the trunk stays as it is; a changed trunk is another object.
    private readonly ConditionalWeakTable<Trunk, IReadOnlyList<SipHop>> _literal = [];

    /// <summary>The ways, in the order to try: the trunk's addresses in theirs, what each name leads to in that of its records.</summary>
    /// <exception cref="InvalidOperationException">There is none; the message says why, and what to look at.</exception>
    public ValueTask<IReadOnlyList<SipHop>> ToAsync(Trunk trunk, CancellationToken cancellationToken) =>
        _literal.TryGetValue(trunk, out var known) ? ValueTask.FromResult(known) : FindAsync(trunk, cancellationToken);

    private async ValueTask<IReadOnlyList<SipHop>> FindAsync(Trunk trunk, CancellationToken cancellationToken)
    {
        var literal = true;
        var hops = new List<SipHop>();
        Exception? failure = null;
        foreach (var text in trunk.Addresses)
        {
            try
            {
                var (host, port) = TrunkAddress.Parse(text);
                literal &= IPAddress.TryParse(host, out _);
                var tls = trunk.Transport is SipTransportKind.Tls ? ProfileOf(trunk.Tls, host) : null;
                foreach (var target in await resolver.ResolveAsync(host, port, trunk.Transport, cancellationToken))
                {
                    if (stack.TryHopTo(target.EndPoint, target.Transport, tls) is not { } hop)
                        failure ??= OtherFamily(text, target);
                    else if (!hops.Contains(hop))
                        hops.Add(hop);
                }
            }
            catch (Exception exception) when (exception is SipResolutionException or CryptographicException or ArgumentException)
            {
                // The trunk's other addresses may do.
                failure ??= exception;
            }
        }
        if (hops.Count == 0)
            throw new InvalidOperationException(failure!.Message, failure);
        if (literal && failure is null)
            _literal.AddOrUpdate(trunk, hops);
        return hops;
    }

    private static InvalidOperationException OtherFamily(string address, SipTarget target) => new(
        $"{address} is {(target.EndPoint.AddressFamily == AddressFamily.InterNetwork ? "IPv4" : "IPv6")}, and SIP is listened on the other "
        + "family. Set FLASHCALL_DIALER__SIPLISTEN to [::]:5070, which is both.");

    private SipTlsProfile ProfileOf(TrunkTls? tls, string host)
    {
        if (_profiles.TryGetValue((tls, host), out var known))
            return known;
        if (_profiles.Count >= MaxProfiles)
            _profiles.Clear();
        var trusted = new X509Certificate2Collection();
        if (tls?.CaCertificates is { } authorities)
            trusted.ImportFromPem(authorities);
        var own = tls?.ClientCertificate is { } certificate ? X509Certificate2.CreateFromPem(certificate, tls.ClientKey) : null;
        return _profiles.GetOrAdd((tls, host), new SipTlsProfile(tls?.ServerName ?? host, [.. trusted], own));
    }
}
