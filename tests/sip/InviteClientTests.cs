using Xunit;

namespace FlashCall.Sip.Tests;

/// <summary>RFC 3261 §17.1.1, §9.1 and RFC 6026 §7.2.</summary>
public sealed class InviteClientTests
{
    [Fact]
    public async Task Without_an_answer_it_is_repeated_at_doubling_times_and_given_up_after_64_T1()
    {
        await using var line = new Line();
        line.Stack.Invite(Sample.Request("INVITE"), line.Hop, line.Client);

        line.Pass(40);

        Assert.Equal([0, 500, 1500, 3500, 7500, 15500, 31500], line.TimesOf("INVITE"));
        Assert.Equal([SipClientFailure.Timeout], line.Client.Failures);
        Assert.Equal(6, line.Stack.Counters.Retransmitted);
        Assert.Equal(0, line.Stack.OpenTransactions);
        Assert.Equal(0, line.Stack.Timers.Count);
        Assert.All(line.Sent, sent => Assert.Equal(line.Sent[0].Message.ToBytes(), sent.Message.ToBytes()));
    }

    [Fact]
    public async Task Over_a_reliable_transport_it_is_sent_once()
    {
        await using var line = new Line(reliable: true);
        line.Stack.Invite(Sample.Request("INVITE"), line.Hop, line.Client);

        line.Pass(40);

        Assert.Equal([0], line.TimesOf("INVITE"));
        Assert.Equal([SipClientFailure.Timeout], line.Client.Failures);
    }

    [Fact]
    public async Task A_provisional_response_ends_the_repeats_and_the_time_limit()
    {
        await using var line = new Line();
        line.Stack.Invite(Sample.Request("INVITE"), line.Hop, line.Client);
        line.Pass(0.7);
        line.Answer("INVITE", 100);
        line.Pass(1);
        line.Answer("INVITE", 180);
        line.Answer("INVITE", 180, "other-fork");

        line.Pass(100);

        Assert.Equal([0, 500], line.TimesOf("INVITE"));
        Assert.Equal([100, 180, 180], line.Client.Statuses);
        Assert.Empty(line.Client.Failures);
        Assert.Equal(1, line.Stack.OpenTransactions);
    }

    [Theory]
    [InlineData(302)]
    [InlineData(486)]
    [InlineData(503)]
    [InlineData(603)]
    public async Task A_final_response_is_acknowledged_in_the_transaction_as_often_as_it_comes_and_passed_up_once(int status)
    {
        await using var line = new Line();
        var request = Sample.Request("INVITE");
        request.Headers.Add("Route", "<sip:192.0.2.9;lr>");
        line.Stack.Invite(request, line.Hop, line.Client);
        line.Answer("INVITE", 180);
        line.Answer("INVITE", status);
        line.Pass(1);
        line.Answer("INVITE", status);
        line.Answer("INVITE", 180);

        Assert.Equal([180, status], line.Client.Statuses);
        Assert.Equal([0, 1000], line.TimesOf("ACK"));
        var ack = (SipRequest)line.LastOf("ACK");
        Assert.Equal(request.Uri.Text, ack.Uri.Text);
        Assert.Equal(request.TopVia.Text, Assert.Single(ack.Headers.All("Via")));
        Assert.Equal(request.From.Text, ack.From.Text);
        Assert.Equal("peer", ack.To.Tag);
        Assert.Equal(new SipCSeq(1, "ACK"), ack.CSeq);
        Assert.Equal("<sip:192.0.2.9;lr>", ack.Headers["Route"]);

        line.Pass(31.5);
        line.Answer("INVITE", status);
        Assert.Equal(2, line.Client.Responses.Count);
        Assert.Equal(1, line.Stack.Counters.Unmatched);
        Assert.Equal((0, 0), (line.Stack.OpenTransactions, line.Stack.Timers.Count));
    }

    [Fact]
    public async Task A_2xx_is_passed_up_every_time_and_from_every_fork_for_64_T1()
    {
        await using var line = new Line();
        line.Stack.Invite(Sample.Request("INVITE"), line.Hop, line.Client);
        line.Answer("INVITE", 200, "a");
        line.Answer("INVITE", 200, "a");
        line.Pass(31);
        line.Answer("INVITE", 200, "b");
        line.Answer("INVITE", 486, "c");

        Assert.Equal(["a", "a", "b"], line.Client.Responses.Select(response => response.To.Tag));
        Assert.Empty(line.TimesOf("ACK"));
        line.Pass(1.1);
        Assert.Equal((0, 0), (line.Stack.OpenTransactions, line.Stack.Timers.Count));
        Assert.Empty(line.Client.Failures);
    }

    [Fact]
    public async Task A_2xx_that_comes_after_another_final_response_is_passed_up_too()
    {
        await using var line = new Line();
        var call = line.Stack.Invite(Sample.Request("INVITE"), line.Hop, line.Client);
        line.Answer("INVITE", 180);
        call.Cancel();
        line.Answer("INVITE", 487);
        line.Answer("INVITE", 200, "quick-fork");
        line.Answer("INVITE", 487);

        Assert.Equal([180, 487, 200], line.Client.Statuses);
        Assert.Equal(2, line.TimesOf("ACK").Length);
    }

    [Fact]
    public async Task Cancel_waits_for_a_provisional_response()
    {
        await using var line = new Line();
        var call = line.Stack.Invite(Sample.Request("INVITE"), line.Hop, line.Client);
        call.Cancel();
        line.Pass(2);
        Assert.Empty(line.TimesOf("CANCEL"));

        line.Answer("INVITE", 100);
        line.Answer("INVITE", 180);
        call.Cancel();
        line.Answer("CANCEL", 200);
        line.Answer("INVITE", 487);

        Assert.Equal([2000], line.TimesOf("CANCEL"));
        Assert.Equal([100, 180, 487], line.Client.Statuses);
        Assert.Equal([2000], line.TimesOf("ACK"));
    }

    [Fact]
    public async Task Cancel_repeats_what_names_the_invite()
    {
        await using var line = new Line();
        var request = Sample.Request("INVITE", sequence: 7);
        request.Headers.Add("Route", "<sip:192.0.2.9;lr>");
        var call = line.Stack.Invite(request, line.Hop, line.Client);
        line.Answer("INVITE", 180);
        call.Cancel();

        var cancel = (SipRequest)line.LastOf("CANCEL");
        Assert.Equal(
            (request.Uri.Text, request.CallId, request.From.Text, request.To.Text, new SipCSeq(7, "CANCEL"),
            request.TopVia.Text, request.Headers["Route"]),
            (cancel.Uri.Text, cancel.CallId, cancel.From.Text, cancel.To.Text, cancel.CSeq, cancel.TopVia.Text, cancel.Headers["Route"]));
        Assert.Single(cancel.Headers.All("Via"));
    }

    [Fact]
    public async Task A_cancel_that_gets_no_answer_is_repeated_and_the_call_is_over_after_64_T1()
    {
        await using var line = new Line();
        var call = line.Stack.Invite(Sample.Request("INVITE"), line.Hop, line.Client);
        line.Answer("INVITE", 180);
        call.Cancel();

        line.Pass(33);

        Assert.Equal([0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500], line.TimesOf("CANCEL"));
        Assert.Equal([SipClientFailure.CancelTimeout], line.Client.Failures);
        Assert.Equal((0, 0), (line.Stack.OpenTransactions, line.Stack.Timers.Count));
    }

    [Fact]
    public async Task After_a_final_response_there_is_nothing_to_cancel()
    {
        await using var line = new Line();
        var call = line.Stack.Invite(Sample.Request("INVITE"), line.Hop, line.Client);
        line.Answer("INVITE", 486);
        call.Cancel();
        line.Pass(1);

        Assert.Empty(line.TimesOf("CANCEL"));
    }

    [Fact]
    public async Task A_transport_that_cannot_send_is_told()
    {
        await using var line = new Line { Broken = true };
        line.Stack.Invite(Sample.Request("INVITE"), line.Hop, line.Client);
        Assert.Empty(line.Client.Failures);

        line.Pass(0.1);

        Assert.Equal([SipClientFailure.Transport], line.Client.Failures);
        Assert.Equal(0, line.Stack.OpenTransactions);
        Assert.Equal(1, line.Stack.Counters.SendFailures);
    }

    [Fact]
    public async Task Responses_that_are_not_ours_are_dropped_and_counted()
    {
        await using var line = new Line();
        line.Stack.Invite(Sample.Request("INVITE"), line.Hop, line.Client);
        line.Answer("INVITE", 200, change: response => response.Headers.SetFirst("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKother"));
        line.Answer("INVITE", 200, change: response => response.Headers.Set("CSeq", "1 OPTIONS"));
        line.Answer("INVITE", 200, change: response => response.Headers.Add("Via", "SIP/2.0/UDP 192.0.2.77;branch=z9hG4bKbeyond"));

        Assert.Empty(line.Client.Responses);
        Assert.Equal(3, line.Stack.Counters.Unmatched);
    }
}
