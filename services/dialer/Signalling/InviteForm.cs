using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using FlashCall.Dialer.Trunks;
using FlashCall.Sip;

namespace FlashCall.Dialer.Signalling;

/// <summary>What all INVITEs to a trunk over one way have in common, written once.</summary>
internal sealed class InviteForm
{
    // Nothing listens here: the call is over before anybody speaks. Carriers look at the offer, and some turn away port 0 or a low one.
    private const int MediaPort = 40000;

    // Of each trunk that of the way which was asked for last; a changed trunk is another object, and the former one's goes with it.
    private static readonly ConditionalWeakTable<Trunk, InviteForm> Forms = [];

    private readonly SipHop _hop;
    private readonly IPEndPoint _local;

    private InviteForm(Trunk trunk, SipHop hop, IPEndPoint local)
    {
        (_hop, _local) = (hop, local);
        var address = TrunkAddress.Parse(trunk.Addresses[0]);
        CalledHost = address.UriHost;
        CalledPort = address.Port == SipUri.DefaultPort ? null : address.Port;
        // Read as a URI, so that a domain that makes none is refused here and not by the carrier.
        var caller = trunk.Domain is { } domain ? SipUri.Create("0", domain) : SipUri.Create("0", local);
        CallerHost = caller.Port is { } port ? $"{caller.Host}:{port}" : caller.Host;
        Contact = new SipAddress(hop.Contact(user: null)).Text;
        Offer = OfferOf(local.Address);
        // At random, so that nothing that the operator has the trunk say can be taken for them.
        var (called, presented) = (SipId.NewTag(), SipId.NewTag());
        Written = new SipInviteForm(InviteRequest.Create(this, called, presented, trunk), hop, called, presented);
    }

    /// <summary>The host of the Request-URI and To.</summary>
    public string CalledHost { get; }

    /// <summary>The port of the Request-URI and To; null for the usual one.</summary>
    public int? CalledPort { get; }

    /// <summary>Host and port of From and P-Asserted-Identity.</summary>
    public string CallerHost { get; }

    /// <summary>The value of Contact.</summary>
    public string Contact { get; }

    /// <summary>The least that carriers take: one audio stream, PCMU or PCMA (RFC 3264 §5, RFC 3551 §6, RFC 8866).</summary>
    public ReadOnlyMemory<byte> Offer { get; }

    /// <summary>The whole of it, with blanks for the called and the presented number.</summary>
    public SipInviteForm Written { get; }

    /// <summary>That of a trunk.</summary>
    /// <param name="trunk">The trunk.</param>
    /// <param name="hop">The way to it.</param>
    public static InviteForm Of(Trunk trunk, SipHop hop)
    {
        // Asked for each time: what address of ours leads to the peer is the transport's to say.
        var local = hop.LocalAddress;
        if (Forms.TryGetValue(trunk, out var known) && known._hop == hop && known._local.Equals(local))
            return known;
        var form = new InviteForm(trunk, hop, local);
        Forms.AddOrUpdate(trunk, form);
        return form;
    }

    private static byte[] OfferOf(IPAddress address)
    {
        var connection = $"IN {(address.AddressFamily == AddressFamily.InterNetwork ? "IP4" : "IP6")} {address}";
        return Encoding.ASCII.GetBytes(
            $"v=0\r\no=- 1 1 {connection}\r\ns=-\r\nc={connection}\r\nt=0 0\r\n"
            + $"m=audio {MediaPort} RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n");
    }
}
