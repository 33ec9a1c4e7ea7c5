using FlashCall.Dialer.Signalling;
using FlashCall.Dialer.Trunks;
using FlashCall.Sip;

namespace FlashCall.Dialer.Routing;

/// <summary>The OPTIONS that asks whether a trunk is there (RFC 3261 §11.1).</summary>
internal static class OptionsRequest
{
    /// <summary>Makes it.</summary>
    /// <param name="trunk">The trunk.</param>
    /// <param name="address">Which of its addresses.</param>
    /// <param name="hop">The way there.</param>
    public static SipRequest Create(Trunk trunk, TrunkAddress address, SipHop hop)
    {
        var asked = SipUri.Create(user: null, address.UriHost, address.Port == SipUri.DefaultPort ? null : address.Port);
        var from = trunk.Domain is { } domain ? SipUri.Create(user: null, domain) : SipUri.Create(user: null, hop.LocalAddress);
        var options = SipRequest.Create(
            SipMethod.Options, asked, new SipAddress(from).WithTag(SipId.NewTag()), new SipAddress(asked), SipId.NewCallId(), sequence: 1);
        options.Headers.Add(SipHeaderName.Contact, new SipAddress(hop.Contact(user: null)).Text);
        options.Headers.Add("Accept", "application/sdp");
        options.Headers.Add(SipHeaderName.UserAgent, InviteRequest.Product);
        return options;
    }
}
