using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace FlashCall.Sip;

/// <summary>The way to an address over a chosen transport, and to where a URI points: for requests within a dialog, whose next hop a peer
/// has named in Contact or Record-Route (RFC 3261 §12.2.1.1, §8.1.2).</summary>
public static class SipRouting
{
    /// <summary>The way to a peer over a kind of transport.</summary>
    /// <param name="stack">The stack.</param>
    /// <param name="remote">The peer.</param>
    /// <param name="kind">The transport.</param>
    /// <param name="tls">Over TLS whom to expect there; without it the certificate has to name the address.</param>
    /// <exception cref="InvalidOperationException">No such transport can reach the address.</exception>
    public static SipHop HopTo(this SipStack stack, IPEndPoint remote, SipTransportKind kind, SipTlsProfile? tls = null) =>
        stack.TryHopTo(remote, kind, tls)
        ?? throw new InvalidOperationException(
            $"No {kind.ViaName()} transport reaches {remote.AddressFamily} addresses; add one that listens on such an address.");

    /// <summary>The way, as far as it can be told without asking a name server.</summary>
    /// <param name="stack">The stack.</param>
    /// <param name="uri">The next hop, see <see cref="SipDialog.NextHopUri"/>.</param>
    /// <param name="fallback">The way that the dialog's INVITE took: taken for a host name, and for what our transports do not reach.
    /// A request that goes there finds a peer that knows the dialog; one that goes nowhere leaves a call open.</param>
    public static SipHop HopTo(this SipStack stack, SipUri uri, SipHop fallback) =>
        TryReadTarget(uri, out var host, out var kind) && SipText.TryParseAddress(host, out var address)
            ? HopTo(stack, uri, new IPEndPoint(address, uri.Port ?? (kind ?? SipTransportKind.Udp).DefaultPort()), kind, host, fallback)
            : fallback;

    /// <summary>The way, with the help of a name server where the URI names a host (RFC 3263 §4).</summary>
    /// <param name="stack">The stack.</param>
    /// <param name="uri">The next hop, see <see cref="SipDialog.NextHopUri"/>.</param>
    /// <param name="fallback">The way that the dialog's INVITE took: taken where the name leads nowhere.</param>
    /// <param name="resolver">Asks the name server.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public static async ValueTask<SipHop> HopToAsync(
        this SipStack stack, SipUri uri, SipHop fallback, SipResolver resolver, CancellationToken cancellationToken)
    {
        if (!TryReadTarget(uri, out var host, out var kind) || SipText.TryParseAddress(host, out _))
            return stack.HopTo(uri, fallback);
        try
        {
            var targets = await resolver.ResolveAsync(host, uri.Port, kind ?? SipTransportKind.Udp, cancellationToken);
            return HopTo(stack, uri, targets[0].EndPoint, kind, host, fallback);
        }
        catch (SipResolutionException)
        {
            // A name that only the peer's own network knows, in the Contact of a phone for example.
            return fallback;
        }
    }

    private static SipHop HopTo(
        SipStack stack, SipUri uri, IPEndPoint target, SipTransportKind? kind, string host, SipHop fallback)
    {
        // Where the INVITE went: the same connection, and the same certificate expected. Peers often leave the transport out there.
        if (target.Equals(fallback.Remote) && (kind is null || kind == fallback.Transport.Kind))
            return fallback;
        var tls = kind is SipTransportKind.Tls ? fallback.Tls?.For(host) ?? new SipTlsProfile(host) : null;
        // Without the parameter it is UDP (§19.1.2), unless we have none.
        return stack.TryHopTo(target, kind ?? SipTransportKind.Udp, tls)
            ?? (kind is null ? stack.TryHopTo(target, fallback.Transport.Kind, fallback.Tls?.For(uri.Host)) : null)
            ?? fallback;
    }

    /// <summary>Host and transport of the next hop; no transport if the URI does not say.</summary>
    private static bool TryReadTarget(SipUri uri, [NotNullWhen(true)] out string? host, out SipTransportKind? kind)
    {
        host = uri.Parameters["maddr"] ?? uri.Host;
        var isSecure = uri.Scheme == "sips";
        kind = uri.Parameters["transport"]?.ToUpperInvariant() switch
        {
            "UDP" when !isSecure => SipTransportKind.Udp,
            // A sips URI says that it is TLS over TCP (§26.2.2).
            "TCP" => isSecure ? SipTransportKind.Tls : SipTransportKind.Tcp,
            "TLS" => SipTransportKind.Tls,
            _ => isSecure ? SipTransportKind.Tls : null,
        };
        // What stands in maddr, unescaped, is not always a host.
        return (SipText.IsHost(host) || SipText.TryParseAddress(host, out _))
            && (kind is not null || !uri.Parameters.Contains("transport"));
    }
}
