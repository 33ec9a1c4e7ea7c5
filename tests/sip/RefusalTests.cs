using System.Net;
using System.Text;
using Xunit;

namespace FlashCall.Sip.Tests;

/// <summary>What the stack itself refuses (RFC 3261 §8.2.2, §18.3), and how much it keeps of it: nothing.</summary>
public sealed class RefusalTests
{
    [Fact]
    public async Task A_malformed_request_is_answered_with_what_it_repeats_and_a_tag()
    {
        await using var line = new Line();
        line.Receive(Encoding.UTF8.GetBytes(Sample.Invite.Replace("Max-Forwards: 70", "Max-Forwards: lots", StringComparison.Ordinal)));

        var response = (SipResponse)line.LastOf("400");
        Assert.Equal("Malformed Max-Forwards", response.Reason);
        Assert.Equal(("call1", new SipCSeq(1, "INVITE"), "from1"), (response.CallId, response.CSeq, response.From.Tag));
        Assert.NotNull(response.To.Tag);
        // Marked with where it came from, as rport asks, and sent there.
        Assert.Equal(("192.0.2.2", 5060), (response.TopVia.Received, response.TopVia.SourcePort));
        Assert.Equal(Line.Peer, line.Sent[0].To);
        Assert.Equal((1, 1), (line.Stack.Counters.Malformed, line.Stack.Counters.Refused));
        Assert.Equal(0, line.Stack.OpenTransactions);
    }

    [Theory]
    [InlineData("INVITE ", "ACK ")]
    [InlineData("INVITE sip:+46701740605@127.0.0.1 SIP/2.0", "SIP/2.0 200 OK")]
    [InlineData("INVITE sip:+46701740605@127.0.0.1 SIP/2.0", "GET / HTTP/1.1")]
    [InlineData("CSeq: 1 INVITE\r\n", "")]
    [InlineData("Via:", "Visa:")]
    public async Task What_cannot_be_answered_is_dropped_and_counted(string right, string wrong)
    {
        await using var line = new Line();
        var text = Sample.Invite.Replace("Max-Forwards: 70", "Max-Forwards: lots", StringComparison.Ordinal);
        line.Receive(Encoding.UTF8.GetBytes(text.Replace(right, wrong, StringComparison.Ordinal)));

        Assert.Empty(line.Sent);
        Assert.Empty(line.Faults);
        Assert.Equal((1, 0), (line.Stack.Counters.Malformed, line.Stack.Counters.Refused));
    }

    [Fact]
    public async Task Nothing_that_a_malformed_request_holds_breaks_the_answer_to_it()
    {
        await using var line = new Line { ReadsAsTheyCome = true };
        line.Receive(Encoding.UTF8.GetBytes(Sample.Invite.Replace(
            "To: <sip:+46701740605@127.0.0.1>", "To: a\rInjected: b\0c", StringComparison.Ordinal)));

        Assert.StartsWith("SIP/2.0 400 ", Assert.Single(line.Raw), StringComparison.Ordinal);
        Assert.Contains("\r\nTo: a?Injected: b?c\r\n", line.Raw[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_request_along_two_ways_is_a_merged_one()
    {
        await using var line = new Line();
        var request = Line.FromPeer("INVITE", "z9hG4bKone");
        line.Receive(request);
        request.Headers.SetFirst("Via", "SIP/2.0/UDP 192.0.2.3;branch=z9hG4bKtwo");
        line.Receive(request, IPEndPoint.Parse("192.0.2.3:5060"));
        line.Receive(request, IPEndPoint.Parse("192.0.2.3:5060"));

        Assert.Single(line.Server.Requests);
        // The repeat gets the same answer from the transaction.
        Assert.Equal(2, line.TimesOf("482").Length);
        Assert.Equal(1, line.Stack.Counters.Refused);

        line.Server.Requests[0].Respond(486);
        line.Pass(40);
        request.Headers.SetFirst("Via", "SIP/2.0/UDP 192.0.2.3;branch=z9hG4bKthree");
        line.Receive(request, IPEndPoint.Parse("192.0.2.3:5060"));
        Assert.Equal(2, line.Server.Requests.Count);
    }

    [Fact]
    public async Task Requests_within_a_dialog_are_not_merged()
    {
        await using var line = new Line();
        var request = Line.FromPeer("INFO", "z9hG4bKone");
        request.Headers.Set("To", "<sip:+46701740605@127.0.0.1>;tag=ours");
        line.Receive(request);
        request.Headers.SetFirst("Via", "SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKtwo");
        line.Receive(request);

        Assert.Equal(2, line.Server.Requests.Count);
    }

    [Fact]
    public async Task A_flood_is_answered_with_503_and_forgotten_while_known_requests_go_on()
    {
        await using var line = new Line(options: new SipStackOptions { MaxServerTransactions = 3 });
        for (var i = 0; i < 10; i++)
            line.Receive(Line.FromPeer("INVITE", $"z9hG4bK{i}", $"call{i}"));

        Assert.Equal((3, 3), (line.Server.Requests.Count, line.Stack.OpenTransactions));
        Assert.Equal((7, 7), ((int)line.Stack.Counters.Overload, line.TimesOf("503").Length));
        line.Receive(Line.FromPeer("INVITE", "z9hG4bK0", "call0"));
        Assert.Equal(1, line.Stack.Counters.Duplicates);

        foreach (var call in line.Server.Requests)
            call.Respond(486);
        line.Pass(40);
        line.Receive(Line.FromPeer("INVITE", "z9hG4bKlater", "later"));
        Assert.Equal(4, line.Server.Requests.Count);
    }

    [Fact]
    public async Task An_ACK_is_never_answered()
    {
        await using var line = new Line();
        var ack = new SipRequest("ACK", SipUri.Parse("isbn:2983792873"));
        foreach (var header in Line.FromPeer("ACK", "1").Headers)
            ack.Headers.Add(header.Name, header.Value);
        line.Receive(ack);

        Assert.Empty(line.Sent);
    }
}
