using Xunit;

namespace FlashCall.Sip.Tests;

/// <summary>RFC 3261 §17.1.2.</summary>
public sealed class NonInviteClientTests
{
    [Fact]
    public async Task Without_an_answer_it_is_repeated_up_to_every_T2_and_given_up_after_64_T1()
    {
        await using var line = new Line();
        line.Stack.Send(Sample.Request("OPTIONS"), line.Hop, line.Client);

        line.Pass(40);

        Assert.Equal([0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500], line.TimesOf("OPTIONS"));
        Assert.Equal([SipClientFailure.Timeout], line.Client.Failures);
        Assert.Equal((0, 0), (line.Stack.OpenTransactions, line.Stack.Timers.Count));
    }

    [Fact]
    public async Task A_provisional_response_slows_the_repeats_to_T2()
    {
        await using var line = new Line();
        line.Stack.Send(Sample.Request("BYE"), line.Hop, line.Client);
        line.Pass(0.6);
        line.Answer("BYE", 100);
        line.Pass(12);

        Assert.Equal([0, 500, 1500, 5500, 9500], line.TimesOf("BYE"));
    }

    [Fact]
    public async Task A_lost_response_costs_one_repeat_and_the_final_one_is_passed_up_once()
    {
        await using var line = new Line();
        line.Stack.Send(Sample.Request("OPTIONS"), line.Hop, line.Client);
        line.Pass(0.6);
        line.Answer("OPTIONS", 200);
        Assert.Equal((0, 0), (line.Stack.OpenTransactions, line.Stack.Timers.Count));
        // Dropped as what belongs to no transaction is, so that nothing has to wait for it.
        line.Answer("OPTIONS", 200);
        line.Pass(5);

        Assert.Equal([0, 500], line.TimesOf("OPTIONS"));
        Assert.Equal([200], line.Client.Statuses);
        Assert.Equal(1, line.Stack.Counters.Unmatched);
    }

    [Fact]
    public async Task Over_a_reliable_transport_it_is_over_with_the_answer()
    {
        await using var line = new Line(reliable: true);
        line.Stack.Send(Sample.Request("OPTIONS"), line.Hop, line.Client);
        line.Answer("OPTIONS", 200);
        line.Pass(0.1);

        Assert.Equal([0], line.TimesOf("OPTIONS"));
        Assert.Equal((0, 0), (line.Stack.OpenTransactions, line.Stack.Timers.Count));
    }

    [Fact]
    public async Task Each_kind_of_request_has_its_way_out()
    {
        await using var line = new Line();

        Assert.Throws<ArgumentException>(() => line.Stack.Send(Sample.Request("INVITE"), line.Hop, line.Client));
        Assert.Throws<ArgumentException>(() => line.Stack.Send(Sample.Request("CANCEL"), line.Hop, line.Client));
        Assert.Throws<ArgumentException>(() => line.Stack.Invite(Sample.Request("BYE"), line.Hop, line.Client));
        Assert.Throws<ArgumentException>(() => line.Stack.SendAck(Sample.Request("BYE"), line.Hop));
        Assert.Throws<InvalidOperationException>(() => line.Stack.HopTo(System.Net.IPEndPoint.Parse("[::1]:5060")));
        Assert.Empty(line.Sent);
    }
}
