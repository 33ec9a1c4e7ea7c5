using System.Net;
using Xunit;

namespace FlashCall.Sip.Tests;

public sealed class AddressTests
{
    [Theory]
    [InlineData("sip:+46701740605@trunk.example:5070;transport=udp?subject=x", "sip", "+46701740605", "trunk.example", 5070)]
    [InlineData("SIPS:alice:secret;x@[2001:db8::9]", "sips", "alice", "[2001:db8::9]", null)]
    [InlineData("sip:192.0.2.4", "sip", null, "192.0.2.4", null)]
    [InlineData("sip:%2B46%3ba;b?c@h", "sip", "+46;a;b?c", "h", null)]
    [InlineData("tel:+46-70-174;phone-context=x", "tel", "+46-70-174", "", null)]
    [InlineData("urn:service:sos", "urn", null, "", null)]
    public void Reads_a_URI(string text, string scheme, string? user, string host, int? port)
    {
        var uri = SipUri.Parse(text);

        Assert.Equal((scheme, user, host, port, text), (uri.Scheme, uri.User, uri.Host, uri.Port, uri.Text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("sip:")]
    [InlineData("sip:@h")]
    [InlineData("sip:a b@h")]
    [InlineData("sip:a@")]
    [InlineData("sip:a@[::g]")]
    [InlineData("sip:a@h:port")]
    [InlineData("sip:a@h;=x")]
    [InlineData("sip:%zz@h")]
    [InlineData("1sip:a@h")]
    [InlineData("no-scheme")]
    public void Refuses_what_is_no_URI(string text)
    {
        Assert.False(SipUri.TryParse(text, out _));
        Assert.Throws<FormatException>(() => SipUri.Parse(text));
    }

    [Theory]
    [InlineData("192.0.2.4", 5060)]
    [InlineData("192.0.2.4:5071", 5071)]
    [InlineData("[2001:db8::1]:5072", 5072)]
    public void A_literal_host_is_an_address(string hostPort, int port) =>
        Assert.Equal(port, SipUri.Parse($"sip:a@{hostPort}").EndPoint!.Port);

    [Theory]
    [InlineData("trunk.example")]
    [InlineData("1234")]
    public void A_host_name_is_none(string host) => Assert.Null(SipUri.Parse($"sip:a@{host}").EndPoint);

    [Fact]
    public void A_made_URI_escapes_what_would_break_it()
    {
        Assert.Equal("sip:+46701740605@[::1]:5060", SipUri.Create("+46701740605", new IPEndPoint(IPAddress.IPv6Loopback, 5060)).Text);
        Assert.Equal("a@b;c", SipUri.Parse(SipUri.Create("a@b;c", "h").Text).User);
        Assert.Throws<ArgumentException>(() => SipUri.Create("a", "not a host"));
    }

    [Fact]
    public void The_way_back_follows_the_source()
    {
        var source = IPEndPoint.Parse("198.51.100.7:40000");
        Assert.True(SipVia.TryParse("SIP/2.0/UDP 10.0.0.1:5062;branch=z9hG4bK1;rport", out var natted));
        Assert.True(SipVia.TryParse("SIP/2.0/UDP 10.0.0.1:5062;branch=z9hG4bK1", out var plain));
        Assert.True(SipVia.TryParse("SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK1", out var honest));
        Assert.True(SipVia.TryParse("SIP/2.0/UDP 10.0.0.1:5062;maddr=224.2.0.1;branch=z9hG4bK1", out var multicast));

        Assert.Equal("SIP/2.0/UDP 10.0.0.1:5062;branch=z9hG4bK1;rport=40000;received=198.51.100.7", natted.WithSource(source).Text);
        Assert.Equal(source, natted.ResponseTarget(source));
        Assert.Equal("SIP/2.0/UDP 10.0.0.1:5062;branch=z9hG4bK1;received=198.51.100.7", plain.WithSource(source).Text);
        Assert.Equal(IPEndPoint.Parse("198.51.100.7:5062"), plain.ResponseTarget(source));
        Assert.Equal(honest.Text, honest.WithSource(source).Text);
        Assert.Equal(IPEndPoint.Parse("224.2.0.1:5062"), multicast.ResponseTarget(source));
        Assert.Equal("2001:db8::5", plain.WithSource(IPEndPoint.Parse("[2001:db8::5]:1")).Received);
    }

    [Fact]
    public void Values_that_would_break_the_message_are_refused()
    {
        var headers = new SipHeaders();

        Assert.Throws<ArgumentException>(() => headers.Add("Subject", "a\r\nVia: x"));
        Assert.Throws<ArgumentException>(() => headers.Add("Sub ject", "a"));
        Assert.Throws<ArgumentException>(() => new SipAddress(SipUri.Parse("sip:a@b")).WithTag("a;b"));
        Assert.Throws<ArgumentException>(() => new SipResponse(200, "OK\r\nX: y"));
        Assert.Throws<ArgumentException>(() => new SipResponse(700));
        Assert.Throws<ArgumentException>(() => SipRequest.Create(
            "BYE", SipUri.Parse("sip:a@b"), new SipAddress(SipUri.Parse("sip:a@b")), new SipAddress(SipUri.Parse("sip:a@b")), "x", 1));
        Assert.Empty(headers);
    }

    [Fact]
    public void Setting_a_header_field_replaces_all_of_its_name()
    {
        var headers = new SipHeaders();
        headers.Add("v", "1");
        headers.Add("Subject", "s");
        headers.Add("Via", "2");

        headers.Set("via", "3");
        Assert.Equal([new SipHeader("Via", "3"), new SipHeader("Subject", "s")], headers);
        headers.Remove("VIA");
        Assert.False(headers.Contains("v"));
        Assert.Throws<ArgumentException>(() => headers.SetFirst("Via", "4"));
    }
}
