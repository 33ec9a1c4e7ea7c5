using System.Net;
using System.Net.Sockets;
using System.Text;
using FlashCall.Contracts;
using FlashCall.Dialer.Trunks;
using FlashCall.Sip;

namespace FlashCall.Dialer.Signalling;

/// <summary>The INVITE of a flash call.</summary>
internal static class InviteRequest
{
    /// <summary>The name that we give ourselves in requests and responses.</summary>
    public const string Product = "FlashCall";

    /// <summary>The methods that we take.</summary>
    public const string Allowed = "INVITE, ACK, CANCEL, BYE, OPTIONS";

    // Nothing listens here: the call is over before anybody speaks. Carriers look at the offer, and some turn away port 0 or a low one.
    private const int MediaPort = 40000;

    /// <summary>Makes it, with the caller ID as From and, since we vouch for it, as P-Asserted-Identity (RFC 3325 §9.1), for everyone to
    /// see (RFC 3323 §4.2).</summary>
    /// <param name="callee">The phone to ring.</param>
    /// <param name="callerId">The caller ID to present.</param>
    /// <param name="trunk">The trunk.</param>
    /// <param name="hop">The way to it.</param>
    public static SipRequest Create(PhoneNumber callee, CallerId callerId, Trunk trunk, SipHop hop)
    {
        var address = TrunkAddress.Parse(trunk.Addresses[0]);
        var called = SipUri.Create(callee.E164, address.UriHost, address.Port == SipUri.DefaultPort ? null : address.Port);
        var number = trunk.CallerIdFormat switch
        {
            CallerIdFormat.E164 => callerId.E164,
            CallerIdFormat.E164WithoutPlus => callerId.E164[1..],
            CallerIdFormat.National => callerId.National,
            _ => throw new ArgumentOutOfRangeException(nameof(trunk), trunk.CallerIdFormat, "An unknown format of caller IDs."),
        };
        var caller = new SipAddress(trunk.Domain is { } domain ? SipUri.Create(number, domain) : SipUri.Create(number, hop.LocalAddress));
        var from = caller.WithTag(SipId.NewTag());
        var invite = SipRequest.Create(SipMethod.Invite, called, from, new SipAddress(called), SipId.NewCallId(), sequence: 1);
        invite.Headers.Add(SipHeaderName.PAssertedIdentity, caller.Text);
        invite.Headers.Add(SipHeaderName.Privacy, "none");
        invite.Headers.Add(SipHeaderName.Contact, new SipAddress(hop.Contact(user: null)).Text);
        invite.Headers.Add(SipHeaderName.Allow, Allowed);
        invite.Headers.Add(SipHeaderName.UserAgent, Product);
        foreach (var (name, value) in trunk.Headers)
            invite.Headers.Add(name, value);
        invite.SetBody("application/sdp", Offer(hop.LocalAddress.Address));
        return invite;
    }

    /// <summary>The least that carriers take: one audio stream, PCMU or PCMA (RFC 3264 §5, RFC 3551 §6, RFC 8866).</summary>
    private static byte[] Offer(IPAddress address)
    {
        var connection = $"IN {(address.AddressFamily == AddressFamily.InterNetwork ? "IP4" : "IP6")} {address}";
        return Encoding.ASCII.GetBytes(
            $"v=0\r\no=- 1 1 {connection}\r\ns=-\r\nc={connection}\r\nt=0 0\r\n"
            + $"m=audio {MediaPort} RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n");
    }
}
