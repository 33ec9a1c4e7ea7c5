using System.Net;
using Xunit;

namespace FlashCall.Sip.Tests;

/// <summary>RFC 3261 §17.2, §9.2, §18.2 and RFC 6026 §7.1.</summary>
public sealed class ServerTests
{
    [Fact]
    public async Task An_invite_gets_a_100_and_repeats_get_the_last_provisional_response()
    {
        await using var line = new Line();
        var invite = Line.FromPeer("INVITE");
        line.Receive(invite);
        line.Receive(invite);
        var call = Assert.Single(line.Server.Requests);
        call.Respond(180);
        line.Receive(invite);

        Assert.Equal(2, line.TimesOf("100").Length);
        Assert.Equal(2, line.TimesOf("180").Length);
        Assert.Equal(2, line.Stack.Counters.Duplicates);
        Assert.Null(line.LastOf("100").To.Tag);
        Assert.Equal(call.LocalTag, line.LastOf("180").To.Tag);
        Assert.Equal(
            (invite.CallId, invite.From.Text, invite.CSeq),
            (line.LastOf("180").CallId, line.LastOf("180").From.Text, line.LastOf("180").CSeq));
    }

    [Fact]
    public async Task An_invite_answered_at_once_gets_no_100()
    {
        await using var line = new Line { Server = { Answer = call => call.Respond(486) } };
        line.Receive(Line.FromPeer("INVITE"));

        Assert.Empty(line.TimesOf("100"));
    }

    [Fact]
    public async Task A_final_response_is_repeated_until_the_ACK()
    {
        await using var line = new Line { Server = { Answer = call => call.Respond(486) } };
        line.Receive(Line.FromPeer("INVITE"));
        line.Pass(2);
        line.Receive(Line.FromPeer("INVITE"));
        line.Receive(Line.FromPeer("ACK"));
        line.Receive(Line.FromPeer("ACK"));
        line.Pass(4.9);
        Assert.Equal([0, 500, 1500, 2000], line.TimesOf("486"));
        Assert.Equal(1, line.Stack.OpenTransactions);

        line.Pass(0.2);

        Assert.Empty(line.Server.Acks);
        Assert.Empty(line.Server.Unacknowledged);
        Assert.Equal((0, 0), (line.Stack.OpenTransactions, line.Stack.Timers.Count));
    }

    [Fact]
    public async Task A_final_response_without_ACK_is_given_up_after_64_T1()
    {
        await using var line = new Line { Server = { Answer = call => call.Respond(404) } };
        line.Receive(Line.FromPeer("INVITE"));
        line.Pass(40);

        Assert.Equal([0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500], line.TimesOf("404"));
        Assert.Same(line.Server.Requests[0], Assert.Single(line.Server.Unacknowledged));
        Assert.Equal((0, 0), (line.Stack.OpenTransactions, line.Stack.Timers.Count));
    }

    [Fact]
    public async Task A_2xx_is_repeated_by_who_sent_it_and_every_ACK_is_passed_up()
    {
        await using var line = new Line();
        line.Receive(Line.FromPeer("INVITE"));
        var call = line.Server.Requests[0];
        var ok = call.CreateResponse(200);
        Assert.True(call.Respond(ok));
        line.Receive(Line.FromPeer("INVITE"));
        line.Pass(1);
        Assert.True(call.Respond(ok));
        Assert.False(call.Respond(487));
        line.Receive(Line.FromPeer("ACK", "z9hG4bKack"));
        line.Receive(Line.FromPeer("ACK"));

        Assert.Equal([0, 1000], line.TimesOf("200"));
        Assert.Equal(2, line.Server.Acks.Count);
        line.Pass(32);
        Assert.Equal((0, 0), (line.Stack.OpenTransactions, line.Stack.Timers.Count));
        Assert.False(call.Respond(ok));
    }

    [Fact]
    public async Task Cancel_is_answered_and_told_once()
    {
        await using var line = new Line();
        line.Receive(Line.FromPeer("INVITE"));
        line.Server.Requests[0].Respond(180);
        line.Receive(Line.FromPeer("CANCEL"));
        line.Receive(Line.FromPeer("CANCEL"));
        var call = Assert.Single(line.Server.Cancelled);
        Assert.True(call.Respond(487));
        line.Receive(Line.FromPeer("ACK"));

        Assert.Same(line.Server.Requests[0], call);
        Assert.Equal(2, line.TimesOf("200").Length);
        Assert.Equal(new SipCSeq(1, "CANCEL"), line.LastOf("200").CSeq);
        Assert.Equal(call.LocalTag, line.LastOf("200").To.Tag);
        Assert.Equal(call.LocalTag, line.LastOf("487").To.Tag);
    }

    [Fact]
    public async Task Cancel_changes_nothing_after_a_final_response()
    {
        await using var line = new Line { Server = { Answer = call => call.Respond(200) } };
        line.Receive(Line.FromPeer("INVITE"));
        line.Receive(Line.FromPeer("CANCEL"));

        Assert.Empty(line.Server.Cancelled);
        Assert.Equal(2, line.TimesOf("200").Length);
    }

    [Fact]
    public async Task Cancel_of_an_unknown_invite_gets_481()
    {
        await using var line = new Line();
        line.Receive(Line.FromPeer("INVITE"));
        line.Receive(Line.FromPeer("CANCEL", "z9hG4bKother"));

        Assert.Single(line.TimesOf("481"));
        Assert.Empty(line.Server.Cancelled);
        Assert.Equal(1, line.Stack.Counters.Unmatched);
    }

    [Fact]
    public async Task Peers_may_use_the_same_branch()
    {
        await using var line = new Line();
        line.Receive(Line.FromPeer("INVITE"));
        var other = Line.FromPeer("INVITE");
        other.Headers.SetFirst("Via", "SIP/2.0/UDP 192.0.2.3;branch=z9hG4bKpeer");
        line.Receive(other);

        Assert.Equal(2, line.Server.Requests.Count);
    }

    [Fact]
    public async Task Other_requests_are_answered_again_for_64_T1()
    {
        await using var line = new Line();
        line.Receive(Line.FromPeer("OPTIONS"));
        line.Receive(Line.FromPeer("OPTIONS"));
        Assert.Empty(line.Sent);
        var options = Assert.Single(line.Server.Requests);
        Assert.True(options.Respond(200));
        Assert.False(options.Respond(500));
        line.Pass(31);
        line.Receive(Line.FromPeer("OPTIONS"));
        line.Pass(1.1);

        Assert.Equal([0, 31000], line.TimesOf("200"));
        Assert.Equal((0, 0), (line.Stack.OpenTransactions, line.Stack.Timers.Count));
        line.Receive(Line.FromPeer("OPTIONS"));
        Assert.Equal(2, line.Server.Requests.Count);
    }

    [Theory]
    [InlineData("SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK1", "198.51.100.1:5060",
        "SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK1;received=198.51.100.1")]
    [InlineData("SIP/2.0/UDP 10.0.0.1;rport;branch=z9hG4bK1", "198.51.100.1:4711",
        "SIP/2.0/UDP 10.0.0.1;rport=4711;branch=z9hG4bK1;received=198.51.100.1")]
    [InlineData("SIP/2.0/UDP host.example:5099;branch=z9hG4bK1", "198.51.100.1:5099",
        "SIP/2.0/UDP host.example:5099;branch=z9hG4bK1;received=198.51.100.1")]
    public async Task Responses_find_the_way_back(string via, string target, string returned)
    {
        await using var line = new Line { Server = { Answer = call => call.Respond(200) } };
        var request = Line.FromPeer("OPTIONS");
        request.Headers.SetFirst("Via", via);
        line.Receive(request, IPEndPoint.Parse("198.51.100.1:4711"));

        Assert.Equal(returned, line.LastOf("200").TopVia.Text);
        Assert.Equal(IPEndPoint.Parse(target), line.Sent[^1].To);
    }

    [Theory]
    [InlineData("INVITE")]
    [InlineData("OPTIONS")]
    public async Task A_request_may_be_left_without_an_answer(string method)
    {
        await using var line = new Line { Server = { Answer = call => Assert.True(call.Ignore()) } };
        line.Receive(Line.FromPeer(method));
        line.Receive(Line.FromPeer(method));
        Assert.False(Assert.Single(line.Server.Requests).Respond(200));
        line.Pass(32.1);

        Assert.Empty(line.Sent);
        Assert.Empty(line.Server.Unacknowledged);
        Assert.Equal((0, 0), (line.Stack.OpenTransactions, line.Stack.Timers.Count));
    }

    [Fact]
    public async Task Extensions_that_are_not_supported_are_refused_by_name()
    {
        await using var line = new Line(options: new SipStackOptions { Supported = ["timer"] });
        var request = Line.FromPeer("INVITE");
        request.Headers.Add("Require", "100rel, Timer");
        request.Headers.Add("Require", "nothing");
        line.Receive(request);

        Assert.Equal("100rel, nothing", line.LastOf("420").Headers["Unsupported"]);
        Assert.Empty(line.Server.Requests);
    }

    [Fact]
    public async Task A_branch_that_is_the_cookie_alone_is_refused_and_forgotten()
    {
        await using var line = new Line();
        line.Receive(Line.FromPeer("INVITE", "z9hG4bK"));
        line.Receive(Line.FromPeer("ACK", "z9hG4bK"));

        Assert.Single(line.TimesOf("400"));
        Assert.Single(line.Sent);
        Assert.Equal(0, line.Stack.OpenTransactions);
    }

    [Theory]
    [InlineData("SIP/2.0/UDP 192.0.2.2:5060")]
    [InlineData("SIP/2.0/UDP 192.0.2.2:5060;branch=1")]
    public async Task The_requests_of_a_peer_older_than_RFC_3261_are_told_apart_by_what_they_repeat(string via)
    {
        await using var line = new Line();
        var invite = Line.FromPeer("INVITE");
        line.Receive(Old("INVITE", "call", 1));
        line.Receive(Old("INVITE", "call", 1));
        line.Receive(Old("INVITE", "other-call", 1));
        line.Receive(Old("INVITE", "call", 2));
        Assert.Equal(3, line.Server.Requests.Count);
        Assert.Equal(1, line.Stack.Counters.Duplicates);

        line.Receive(Old("CANCEL", "call", 1));
        var call = Assert.Single(line.Server.Cancelled);
        Assert.Same(line.Server.Requests[0], call);
        Assert.True(call.Respond(487));
        // The ACK has the tag that the response had.
        line.Receive(Old("ACK", "call", 1, call.LocalTag));
        line.Pass(40);

        Assert.Single(line.TimesOf("487"));
        Assert.Empty(line.Server.Unacknowledged);
        Assert.Empty(line.Server.Acks);

        SipRequest Old(string method, string callId, uint sequence, string? toTag = null)
        {
            var request = Sample.Request(method, callId, sequence);
            request.Headers.Set("From", invite.From.Text);
            request.Headers.Prepend("Via", via);
            if (toTag is not null)
                request.Headers.Set("To", request.To.WithTag(toTag).Text);
            return request;
        }
    }

    [Fact]
    public async Task A_server_that_throws_costs_one_request_not_the_socket()
    {
        await using var line = new Line { Server = { Answer = _ => throw new InvalidOperationException("broken") } };
        line.Receive(Line.FromPeer("INVITE"));
        line.Server.Answer = null;
        line.Receive(Line.FromPeer("OPTIONS"));

        Assert.Single(line.TimesOf("500"));
        Assert.Equal(2, line.Server.Requests.Count);
        Assert.Equal("broken", Assert.Single(line.Faults).Message);
        Assert.Equal(1, line.Stack.Counters.Faults);
    }

    [Fact]
    public async Task Garbage_and_keep_alives_are_counted_apart()
    {
        await using var line = new Line();
        line.Receive("\r\n\r\n"u8);
        line.Receive("nonsense"u8);
        line.Receive([0xFF, 0x00, 0x0A, 0x0A]);

        Assert.Equal((1, 2, 0), (line.Stack.Counters.KeepAlives, line.Stack.Counters.Malformed, line.Stack.Counters.Received));
        Assert.Empty(line.Sent);
        Assert.Empty(line.Faults);
    }

    [Fact]
    public async Task Over_a_connection_the_response_goes_back_on_it_and_nothing_is_repeated()
    {
        await using var line = new Line(reliable: true) { Server = { Answer = call => call.Respond(486) } };
        var source = IPEndPoint.Parse("192.0.2.2:40123");
        line.Receive(Line.FromPeer("INVITE"), source);
        line.Pass(5);
        line.Receive(Line.FromPeer("ACK"), source);
        line.Pass(0.1);

        Assert.Equal([0], line.TimesOf("486"));
        Assert.Equal(source, line.Sent[0].To);
        Assert.Equal((0, 0), (line.Stack.OpenTransactions, line.Stack.Timers.Count));
    }
}
