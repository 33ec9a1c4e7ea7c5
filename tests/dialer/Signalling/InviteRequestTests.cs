using System.Net;
using System.Net.Sockets;
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

    [Theory]
    [InlineData(CallerIdFormat.E164, "+442079460123")]
    [InlineData(CallerIdFormat.E164WithoutPlus, "442079460123")]
    [InlineData(CallerIdFormat.National, "02079460123")]
    public void It_writes_the_caller_id_as_the_trunk_wants_it(object format, string user)
    {
        var invite = Create(new Trunk
        {
            Name = "trunk",
            Addresses = ["h"],
            CallerIdFormat = (CallerIdFormat)format,
            Domain = "shop.example",
            Headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["X-Account"] = "4711" },
        }, "192.0.2.1");
        Assert.Equal($"sip:{user}@shop.example", invite.From.Uri.Text);
        Assert.Equal($"<sip:{user}@shop.example>", invite.Headers[SipHeaderName.PAssertedIdentity]);
        Assert.Equal("none", invite.Headers[SipHeaderName.Privacy]);
        Assert.Equal("4711", invite.Headers["X-Account"]);
        Assert.Equal("sip:+46701740605@h", invite.To.Uri.Text);
    }

    private static SipRequest Create(string address, string local) =>
        Create(new Trunk { Name = "trunk", Addresses = [address] }, local);

    private static SipRequest Create(Trunk trunk, string local)
    {
        var address = new IPEndPoint(IPAddress.Parse(local), 5070);
        var any = address.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Loopback : IPAddress.Loopback;
        var transport = new UdpSipTransport(new IPEndPoint(any, 0), advertised: address);
        try
        {
            return InviteRequest.Create(Commands.Callee, Commands.CallerId, trunk, new SipHop(transport, new IPEndPoint(any, 9)));
        }
        finally
        {
            transport.DisposeAsync().AsTask().Wait();
        }
    }
}
