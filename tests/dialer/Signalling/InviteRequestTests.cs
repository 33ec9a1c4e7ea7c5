using System.Net;
using System.Text;
using FlashCall.Dialer.Signalling;
using FlashCall.Dialer.Tests.Support;
using FlashCall.Dialer.Trunks;
using FlashCall.Sip;
using Xunit;

namespace FlashCall.Dialer.Tests.Signalling;

public sealed class InviteRequestTests
{
    [Fact]
    public void It_presents_the_caller_id_and_offers_one_audio_stream()
    {
        var invite = Create("sip.carrier.example:5080", "192.0.2.1");

        Assert.Equal("sip:+46701740605@sip.carrier.example:5080", invite.Uri.Text);
        Assert.Equal(invite.Uri.Text, invite.To.Uri.Text);
        Assert.Null(invite.To.Tag);
        Assert.Equal(("+442079460123", null), (invite.From.Uri.User, invite.From.DisplayName));
        Assert.NotNull(invite.From.Tag);
        var asserted = Assert.Single(invite.Addresses(SipHeaderName.PAssertedIdentity));
        Assert.Equal((invite.From.Uri.Text, null), (asserted.Uri.Text, asserted.Tag));
        Assert.Equal("sip:192.0.2.1:5070", invite.Contact?.Uri.Text);
        Assert.Equal(70, invite.MaxForwards);
        Assert.Equal("INVITE, ACK, CANCEL, BYE, OPTIONS", invite.Headers[SipHeaderName.Allow]);
        Assert.Equal("FlashCall", invite.Headers[SipHeaderName.UserAgent]);
        Assert.Equal("application/sdp", invite.Headers[SipHeaderName.ContentType]);
        Assert.Equal(
            "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
            + "m=audio 40000 RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n",
            Encoding.ASCII.GetString(invite.Body.Span));
    }

    [Fact]
    public void It_leaves_out_the_default_port() =>
        Assert.Equal("sip:+46701740605@sip.carrier.example", Create("sip.carrier.example", "192.0.2.1").Uri.Text);

    [Fact]
    public void It_speaks_ipv6()
    {
        var invite = Create("[2001:db8::10]:5080", "2001:db8::1");
        Assert.Equal("sip:+46701740605@[2001:db8::10]:5080", invite.Uri.Text);
        Assert.Equal("sip:[2001:db8::1]:5070", invite.Contact?.Uri.Text);
        Assert.Contains("c=IN IP6 2001:db8::1\r\n", Encoding.ASCII.GetString(invite.Body.Span), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_call_has_its_own_id_and_tag()
    {
        var (one, other) = (Create("h", "192.0.2.1"), Create("h", "192.0.2.1"));
        Assert.NotEqual(one.CallId, other.CallId);
        Assert.NotEqual(one.From.Tag, other.From.Tag);
    }

    private static SipRequest Create(string trunk, string local) => InviteRequest.Create(
        Commands.Callee, Commands.CallerId, new Trunk { Name = "trunk", Addresses = [trunk] }, new IPEndPoint(IPAddress.Parse(local), 5070));
}
