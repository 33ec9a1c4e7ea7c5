using FlashCall.Contracts;
using FlashCall.Dialer.Tests.Support;
using FlashCall.Sip;
using Xunit;

namespace FlashCall.Dialer.Tests;

/// <summary>Calls through a Kamailio proxy that stays in the path and rings two phones, which SIPp plays, for every number.</summary>
public sealed class KamailioTests(DialerFixture dialer) : IClassFixture<DialerFixture>
{
    [Theory]
    [InlineData("rings", "rings", CallDisposition.Rang, 487, true)]
    [InlineData("busy", "busy", CallDisposition.Busy, 486, false)]
    [InlineData("rejects", "rings-at-once", CallDisposition.Rejected, 603, true)]
    [InlineData("announcement", "announcement", CallDisposition.NotRinging, 487, false)]
    public async Task A_call_to_two_phones_ends_as_the_better_of_both(
        string first, string second, CallDisposition disposition, int status, bool rang)
    {
        var (trunk, port) = dialer.TakeTrunk();
        int[] phones = [FreePort.Next(), FreePort.Next()];
        await using var one = await Sipp.StartAsync(first, phones[0]);
        await using var other = await Sipp.StartAsync(second, phones[1]);
        await using var proxy = await Kamailio.StartAsync(port, phones);

        var end = await EndOfAsync(trunk, ringSeconds: 1);

        AssertEnded((disposition, status, rang), end, proxy);
        // Every phone has seen what it has to see: those that ring the CANCEL, those that refuse the ACK.
        await one.SucceedsAsync();
        await other.SucceedsAsync();
    }

    [Theory]
    [InlineData("answers", "rings-at-once", 1)]
    [InlineData("answers-behind-proxy", "answers-behind-proxy", 2)]
    public async Task Calls_that_are_picked_up_are_acknowledged_and_ended_through_the_proxy(string first, string second, int answers)
    {
        var (trunk, port) = dialer.TakeTrunk();
        int[] phones = [FreePort.Next(), FreePort.Next()];
        await using var one = await Sipp.StartAsync(first, phones[0]);
        await using var other = await Sipp.StartAsync(second, phones[1]);
        await using var proxy = await Kamailio.StartAsync(port, phones);

        var end = await EndOfAsync(trunk, ringSeconds: answers == 1 ? 10 : 1);

        AssertEnded((CallDisposition.Answered, 200, true), end, proxy);
        await one.SucceedsAsync();
        await other.SucceedsAsync();
        // The route is the proxy's Record-Route, for each dialog.
        var dialogs = proxy.Count($"hears 200 to {SipMethod.Bye}");
        Assert.InRange(dialogs, answers, 2);
        Assert.InRange(proxy.Count($"routes {SipMethod.Ack}"), dialogs, int.MaxValue);
        Assert.InRange(proxy.Count($"routes {SipMethod.Bye}"), dialogs, int.MaxValue);
        Assert.DoesNotContain("knows no route", proxy.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_proxy_that_gives_up_on_a_dead_phone_makes_it_unreachable()
    {
        var (trunk, port) = dialer.TakeTrunk();
        await using var proxy = await Kamailio.StartAsync(port, [FreePort.Next()]);

        // Its own 100 comes at once, its 408 after 1.5 s.
        var end = await EndOfAsync(trunk, ringSeconds: 1);

        AssertEnded((CallDisposition.Unreachable, 408, false), end, proxy);
    }

    private static void AssertEnded((CallDisposition, int?, bool) expected, FlashCallEnded end, Kamailio proxy)
    {
        var actual = (end.Disposition, end.SipStatus, end.RangAt is not null);
        Assert.True(expected == actual, $"Expected {expected}, and it ended {actual}. {proxy.Output}");
        Assert.Equal(end.Disposition == CallDisposition.Answered, end.Answered);
    }

    private async Task<FlashCallEnded> EndOfAsync(string trunk, double ringSeconds)
    {
        var call = Commands.Place(trunk, ringSeconds, capSeconds: 3);
        await dialer.Platform.SendAsync(call);
        var end = await dialer.Platform.EndOfAsync(call);
        Assert.Single(dialer.Platform.EndsOf(call));
        Assert.Equal(end.RangAt is null ? 0 : 1, dialer.Platform.RingsOf(call).Count());
        return end;
    }
}
