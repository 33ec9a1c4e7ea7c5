using System.Text;
using Xunit;

namespace FlashCall.Sip.Tests;

public sealed class ParserTests
{
    [Fact]
    public void Reads_a_request()
    {
        var invite = Assert.IsType<SipRequest>(Sample.Parse(Sample.Invite));

        Assert.Equal("INVITE", invite.Method);
        Assert.Equal("+46701740605", invite.Uri.User);
        Assert.Equal("FlashCall", invite.From.DisplayName);
        Assert.Equal("+442079460123", invite.From.Uri.User);
        Assert.Equal("from1", invite.From.Tag);
        Assert.Null(invite.To.Tag);
        Assert.Equal("call1", invite.CallId);
        Assert.Equal(new SipCSeq(1, "INVITE"), invite.CSeq);
        Assert.Equal(70, invite.MaxForwards);
        Assert.Equal("z9hG4bKa1", invite.TopVia.Branch);
        Assert.True(invite.TopVia.WantsSourcePort);
        Assert.Equal("127.0.0.1:5070", invite.TopVia.SentBy);
        Assert.Equal(5070, invite.Contact!.Uri.Port);
        Assert.True(invite.Body.IsEmpty);
    }

    [Fact]
    public void Reads_a_response_with_a_body()
    {
        var response = Assert.IsType<SipResponse>(Sample.Parse(
            "SIP/2.0 200 OK, gern geschehen\r\nVia: SIP/2.0/TCP example.com;branch=z9hG4bK1\r\nFrom: sip:a@example.com;tag=1\r\n" +
            "To: <sip:b@example.com>;tag=2\r\nCall-ID: x@y\r\nCSeq: 7 INVITE\r\n" +
            "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello, and a rest"));

        Assert.Equal(200, response.Status);
        Assert.Equal("OK, gern geschehen", response.Reason);
        Assert.True(response.IsSuccess);
        Assert.Equal("hello", Encoding.ASCII.GetString(response.Body.Span));
        Assert.Equal("1", response.From.Tag);
        Assert.Equal("example.com:5060", response.TopVia.SentBy);
    }

    [Fact]
    public void A_status_line_without_a_phrase_is_read()
    {
        const string Headers =
            "Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@a>;tag=1\r\nTo: <sip:b@a>;tag=2\r\nCall-ID: x\r\nCSeq: 1 BYE\r\n\r\n";

        Assert.Equal("", Assert.IsType<SipResponse>(Sample.Parse($"SIP/2.0 486 \r\n{Headers}")).Reason);
        Assert.Equal(486, Assert.IsType<SipResponse>(Sample.Parse($"SIP/2.0 486\r\n{Headers}")).Status);
    }

    [Fact]
    public void Compact_names_odd_case_and_odd_blanks_mean_the_same()
    {
        var invite = (SipRequest)Sample.Parse(
            "\r\n\r\nINVITE sip:b@example.com;transport=udp SIP/2.0\r\n" +
            "v :  SIP  /  2.0\t/UDP   192.0.2.1 : 5061 ; branch = z9hG4bKx ;received=192.0.2.9\r\n" +
            "mAX-fORWARDS:   9\r\n" +
            "f\t:Bob the caller<sip:bob@example.com> ; TAG = t1\r\n" +
            "t:\r\n  <sip:b@example.com>\r\n" +
            "i:   abc\r\n" +
            "CSEQ:\r\n  0009\r\n\t INVITE\r\n" +
            "m: \"A \\\"quoted\\\", name\" <sip:c@192.0.2.1>;expires=5, <sip:d@192.0.2.2>\r\n" +
            "l:3 \r\n\r\nabc");

        Assert.Equal("192.0.2.1:5061", invite.TopVia.SentBy);
        Assert.Equal("z9hG4bKx", invite.TopVia.Branch);
        Assert.Equal("192.0.2.9", invite.TopVia.Received);
        Assert.Equal(9, invite.MaxForwards);
        Assert.Equal("t1", invite.From.Tag);
        Assert.Equal("Bob the caller", invite.From.DisplayName);
        Assert.Equal("b", invite.To.Uri.User);
        Assert.Equal("abc", invite.CallId);
        Assert.Equal(9u, invite.CSeq.Number);
        Assert.Equal("A \"quoted\", name", invite.Contact!.DisplayName);
        Assert.Equal(2, invite.Addresses("Contact").Count());
        Assert.Equal(3, invite.Body.Length);
    }

    [Fact]
    public void Several_hops_are_kept_in_order_however_they_are_written()
    {
        var request = Sample.Parse(Sample.Invite.Replace(
            "Max-Forwards",
            "Via: SIP/2.0/UDP b;branch=z9hG4bKb, SIP/2.0/TCP [2001:db8::1]:5061;branch=z9hG4bKc\r\n" +
            "v: SIP/2.0/TLS d;branch=z9hG4bKd\r\nMax-Forwards",
            StringComparison.Ordinal));

        Assert.Equal(
            ["127.0.0.1:5070", "b:5060", "[2001:db8::1]:5061", "d:5060"],
            request.Headers.All("via").Select(text => SipVia.TryParse(text, out var via) ? via.SentBy : "none"));
    }

    [Fact]
    public void Unknown_header_fields_are_kept_in_their_place()
    {
        var request = Sample.Parse(
            Sample.Invite.Replace("Call-ID", "X-Unheard-Of: a, \"b, c\" ;d=\tü\r\nX-Empty:\r\nCall-ID", StringComparison.Ordinal));

        Assert.Equal("a, \"b, c\" ;d=\tü", request.Headers["x-unheard-of"]);
        Assert.Equal("", request.Headers["X-Empty"]);
        Assert.Equal(
            ["Via", "Max-Forwards", "From", "To", "X-Unheard-Of", "X-Empty", "Call-ID", "CSeq", "Contact", "Content-Length"],
            request.Headers.Select(header => header.Name));
    }

    [Fact]
    public void Bare_line_feeds_end_lines_too() =>
        Assert.Equal("call1", Sample.Parse(Sample.Invite.Replace("\r\n", "\n", StringComparison.Ordinal)).CallId);

    [Fact]
    public void Without_a_length_the_datagram_ends_the_body() =>
        Assert.Equal(4, Sample.Parse(Sample.Invite.Replace("Content-Length: 0\r\n", "", StringComparison.Ordinal) + "body").Body.Length);

    [Theory]
    [InlineData("Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKa1;rport\r\n", "", SipParseError.Via)]
    [InlineData("SIP/2.0/UDP 127.0.0.1:5070", "SIP/2.0/UDP", SipParseError.Via)]
    [InlineData("SIP/2.0/UDP 127.0.0.1:5070", "SIP/3.0/UDP 127.0.0.1", SipParseError.Via)]
    [InlineData("127.0.0.1:5070;branch", "127.0.0.1:0;branch", SipParseError.Via)]
    [InlineData("127.0.0.1:5070;branch", "127.0.0.1:65536;branch", SipParseError.Via)]
    [InlineData("127.0.0.1:5070;branch", "127.0.0.1:5070;;,;branch", SipParseError.Via)]
    [InlineData("Via: SIP", "Via: , SIP", SipParseError.Via)]
    [InlineData(";tag=from1", ";tag=", SipParseError.From)]
    [InlineData("\"FlashCall\" <", "\"FlashCall <", SipParseError.From)]
    [InlineData("\"FlashCall\" <sip:+442079460123@127.0.0.1>", "<sip:+442079460123@127.0.0.1", SipParseError.From)]
    [InlineData("To: <sip:+46701740605@127.0.0.1>", "To: <nothing>", SipParseError.To)]
    [InlineData("To: <sip:+46701740605@127.0.0.1>", "To: ", SipParseError.To)]
    [InlineData("To: <sip:+46701740605@127.0.0.1>", "To: sip:a@b?subject=x", SipParseError.To)]
    [InlineData("Call-ID: call1", "Call-ID: ", SipParseError.CallId)]
    [InlineData("Call-ID: call1", "Call-ID: two words", SipParseError.CallId)]
    [InlineData("CSeq: 1 INVITE", "CSeq: INVITE", SipParseError.CSeq)]
    [InlineData("CSeq: 1 INVITE", "CSeq: 1 OPTIONS", SipParseError.CSeqMethod)]
    [InlineData("CSeq: 1 INVITE", "CSeq: 36893488147419103232 INVITE", SipParseError.CSeq)]
    [InlineData("CSeq: 1 INVITE", "CSeq: -1 INVITE", SipParseError.CSeq)]
    [InlineData("Max-Forwards: 70", "Max-Forwards: 300", SipParseError.MaxForwards)]
    [InlineData("Max-Forwards: 70", "Max-Forwards: 70\r\nMax-Forwards: 69", SipParseError.Repeated)]
    [InlineData("To: <sip", "To: <sip:x@y>\r\nt: <sip", SipParseError.Repeated)]
    [InlineData("Content-Length: 0", "Content-Length: 1", SipParseError.ContentLength)]
    [InlineData("Content-Length: 0", "Content-Length: -999", SipParseError.ContentLength)]
    [InlineData("Content-Length: 0", "Content-Length: 99999999999999999999", SipParseError.ContentLength)]
    [InlineData("Content-Length: 0", "l: 0\r\nContent-Length: 0", SipParseError.Repeated)]
    [InlineData("Contact: <sip:+442079460123@127.0.0.1:5070>", "Contact: <>", SipParseError.Contact)]
    [InlineData("Contact: <sip:+442079460123@127.0.0.1:5070>", "Contact: <sip:a%4@b>", SipParseError.Contact)]
    [InlineData("Max-Forwards: 70", "No colon here", SipParseError.HeaderLine)]
    [InlineData("Max-Forwards: 70", "Bad Name: 70", SipParseError.HeaderLine)]
    [InlineData("Max-Forwards: 70", ": 70", SipParseError.HeaderLine)]
    [InlineData("Max-Forwards: 70", "Subject: a\0b", SipParseError.HeaderLine)]
    [InlineData("Max-Forwards: 70", "Subject: a\rb", SipParseError.HeaderLine)]
    [InlineData("SIP/2.0\r\n", "SIP/2.0\r\n Via: folded\r\n", SipParseError.HeaderLine)]
    [InlineData("INVITE sip", "INVITE  sip", SipParseError.RequestUri)]
    [InlineData("127.0.0.1 SIP/2.0\r\n", "127.0.0.1 SIP/2.0 \r\n", SipParseError.StartLine)]
    [InlineData("INVITE sip:+46701740605@127.0.0.1", "INVITE <sip:+46701740605@127.0.0.1>", SipParseError.RequestUri)]
    [InlineData("INVITE sip:+46701740605@127.0.0.1", "INVITE sip:+46701740605@127.0.0.1; lr", SipParseError.RequestUri)]
    [InlineData("INVITE sip:", "INVITE sip", SipParseError.RequestUri)]
    [InlineData("127.0.0.1 SIP/2.0\r\n", "127.0.0.1 SIP/7.0\r\n", SipParseError.Version)]
    [InlineData("127.0.0.1 SIP/2.0\r\n", "127.0.0.1 HTTP/1.1\r\n", SipParseError.StartLine)]
    [InlineData("INVITE ", "IN\"VITE ", SipParseError.StartLine)]
    public void What_is_wrong_is_named(string right, string wrong, SipParseError expected)
    {
        var text = Sample.Invite.Replace(right, wrong, StringComparison.Ordinal);

        Assert.NotEqual(Sample.Invite, text);
        Assert.Equal(expected, Sample.ErrorOf(text));
    }

    [Theory]
    [InlineData("", SipParseError.KeepAlive)]
    [InlineData("\r\n\r\n", SipParseError.KeepAlive)]
    [InlineData("\0", SipParseError.HeadersNotEnded)]
    [InlineData("SIP/2.0 4294967301 better not\r\n\r\n", SipParseError.StartLine)]
    [InlineData("SIP/2.0 099 low\r\n\r\n", SipParseError.StartLine)]
    [InlineData("SIP/2.0 700 high\r\n\r\n", SipParseError.StartLine)]
    [InlineData("SIP/2.0\r\n\r\n", SipParseError.StartLine)]
    [InlineData("SIP/1.0 200 OK\r\n\r\n", SipParseError.Version)]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\n\r\n", SipParseError.StartLine)]
    public void What_is_no_message_is_refused(string text, SipParseError expected) => Assert.Equal(expected, Sample.ErrorOf(text));

    [Fact]
    public void A_message_cut_off_anywhere_is_refused()
    {
        var bytes = Encoding.UTF8.GetBytes(
            Sample.Invite.Replace("Content-Length: 0", "Content-Length: 4", StringComparison.Ordinal) + "body");

        for (var length = 0; length < bytes.Length; length++)
            Assert.NotEqual(SipParseError.None, Sample.ErrorOf(bytes.AsSpan(0, length)));
        Assert.Equal(SipParseError.None, Sample.ErrorOf(bytes));
    }

    [Fact]
    public void Size_has_limits_and_up_to_them_it_is_read()
    {
        var fold = string.Concat(Enumerable.Repeat("\r\n x", 10_000));
        var longLine = Sample.Parse(
            Sample.Invite.Replace("Max-Forwards", $"Subject: {new string('s', 20_000)}{fold}\r\nMax-Forwards", StringComparison.Ordinal));
        Assert.Equal(20_000 + 20_000, longLine.Headers["Subject"]!.Length);

        var manyLines = string.Concat(Enumerable.Repeat("X: y\r\n", SipParser.MaxHeaders));
        Assert.Equal(SipParseError.TooManyHeaders,
            Sample.ErrorOf(Sample.Invite.Replace("Call-ID", manyLines + "Call-ID", StringComparison.Ordinal)));
        // As many as there may be, and Content-Length, which is written even if it was not there.
        var most = Sample.Parse(Sample.Invite.Replace("Content-Length: 0\r\n", string.Concat(
            Enumerable.Repeat("X: y\r\n", SipParser.MaxHeaders - 7)), StringComparison.Ordinal));
        Assert.Equal(SipParser.MaxHeaders, most.Headers.Count);
        Assert.Equal(SipParseError.None, Sample.ErrorOf(most.ToBytes()));

        var manyHops = "Via: " + string.Join(',', Enumerable.Repeat("SIP/2.0/UDP a", SipParser.MaxHeaders + 1)) + "\r\n";
        Assert.Equal(SipParseError.TooManyHeaders,
            Sample.ErrorOf(Sample.Invite.Replace("Call-ID", manyHops + "Call-ID", StringComparison.Ordinal)));
        Assert.Equal(SipParseError.TooLarge, Sample.ErrorOf(Sample.Invite + new string('x', SipParser.MaxMessageBytes)));
    }

    [Fact]
    public void Malformed_text_does_not_spoil_the_rest()
    {
        byte[] bytes = [.. Encoding.ASCII.GetBytes(Sample.Invite[..^2]), .. "Subject: "u8, 0xFF, 0xC3, 0x28, .. "\r\n\r\n"u8];

        Assert.Equal("\uFFFD\uFFFD(", Sample.Parse(bytes).Headers["Subject"]);
    }

    [Fact]
    public void Nothing_shown_by_ToString_tells_a_number()
    {
        var invite = (SipRequest)Sample.Parse(Sample.Invite);

        object[] shown = [invite, invite.From, invite.Uri, invite.Headers[2], SipUri.Parse("tel:+46701740605")];
        foreach (var text in shown.Select(what => $"{what}"))
            Assert.DoesNotContain("0", text.Replace("127.0.0.1", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }
}
