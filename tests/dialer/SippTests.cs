using FlashCall.Contracts;
using FlashCall.Dialer.Tests.Support;
using Xunit;

namespace FlashCall.Dialer.Tests;

/// <summary>Whole calls with SIPp as the carrier: what is sent is right by SIPp's reading of SIP, not only by our own.</summary>
public sealed class SippTests(DialerFixture dialer) : IClassFixture<DialerFixture>
{
    private TestPlatform Platform => dialer.Platform;

    [Fact]
    public async Task A_phone_rings_for_the_ring_time_and_no_longer()
    {
        var (trunk, port) = dialer.TakeTrunk();
        await using var sipp = await Sipp.StartAsync("rings", port);
        var call = Commands.Place(trunk, ringSeconds: 1);
        await Platform.SendAsync(call);

        var ringing = await Platform.RingingOfAsync(call);
        var end = await Platform.EndOfAsync(call);
        await sipp.SucceedsAsync();

        Assert.Equal((CallDisposition.Rang, 487, false), (end.Disposition, end.SipStatus, end.Answered));
        Assert.Equal((ringing.InvitedAt, ringing.RangAt), (end.InvitedAt, end.RangAt));
        Assert.InRange((ringing.RangAt - ringing.InvitedAt).TotalSeconds, 0.19, 2);
        Assert.InRange((end.EndedAt - ringing.RangAt).TotalSeconds, 1, 2);
    }

    [Fact]
    public async Task A_hang_up_ends_the_ringing_at_once()
    {
        var (trunk, port) = dialer.TakeTrunk();
        await using var sipp = await Sipp.StartAsync("rings", port);
        var call = Commands.Place(trunk, ringSeconds: 30);
        await Platform.SendAsync(call);
        await Platform.RingingOfAsync(call);
        await Platform.SendAsync(Commands.HangUp(call));

        var end = await Platform.EndOfAsync(call);
        await sipp.SucceedsAsync();
        Assert.Equal(CallDisposition.Rang, end.Disposition);
        Assert.InRange((end.EndedAt - end.RangAt!.Value).TotalSeconds, 0, 10);
    }

    [Fact]
    public async Task A_hang_up_before_any_response_waits_for_the_first_one()
    {
        var (trunk, port) = dialer.TakeTrunk();
        await using var sipp = await Sipp.StartAsync("tries-late", port);
        var call = Commands.Place(trunk);
        await Platform.SendAsync(call);
        await sipp.SeesAsync("INVITE ");
        Assert.True(dialer.Dialer.TryHangUp(call.AttemptId));

        var end = await Platform.EndOfAsync(call);
        await sipp.SucceedsAsync();
        Assert.Equal((CallDisposition.Cancelled, null), (end.Disposition, end.RangAt));
    }

    [Theory]
    [InlineData("answers", CallDisposition.Answered, 200, true)]
    [InlineData("answers-into-cancel", CallDisposition.Answered, 200, true)]
    [InlineData("answers-again", CallDisposition.Answered, 200, true)]
    [InlineData("answers-after-end", CallDisposition.Rang, 487, true)]
    [InlineData("hangs-up-too", CallDisposition.Answered, 200, true)]
    [InlineData("forks-answer", CallDisposition.Answered, 200, true)]
    [InlineData("forks-ring", CallDisposition.Rang, 487, true)]
    [InlineData("out-of-order", CallDisposition.Rang, 487, true)]
    [InlineData("rings-late", CallDisposition.Rang, 487, true)]
    [InlineData("rings-tersely", CallDisposition.Rang, 487, true)]
    [InlineData("announcement", CallDisposition.NotRinging, 487, false)]
    [InlineData("busy", CallDisposition.Busy, 486, false)]
    [InlineData("rejects", CallDisposition.Rejected, 603, true)]
    [InlineData("redirects", CallDisposition.TrunkFailed, 302, false)]
    public async Task Every_course_ends_in_its_disposition(string scenario, CallDisposition disposition, int? status, bool rang)
    {
        var (trunk, port) = dialer.TakeTrunk();
        await using var sipp = await Sipp.StartAsync(scenario, port);
        await EndsAsync(trunk, sipp, disposition, status, rang);
    }

    private async Task EndsAsync(string trunk, Sipp sipp, CallDisposition disposition, int? status, bool rang)
    {
        var call = Commands.Place(trunk, ringSeconds: 1, capSeconds: 1);
        await Platform.SendAsync(call);

        var end = await Platform.EndOfAsync(call);
        await sipp.SucceedsAsync();

        Assert.Equal((disposition, status, disposition == CallDisposition.Answered), (end.Disposition, end.SipStatus, end.Answered));
        Assert.Equal(rang, end.RangAt is not null);
        Assert.Equal(rang ? 1 : 0, Platform.RingsOf(call).Count());
        Assert.Single(Platform.EndsOf(call));
        Assert.NotNull(end.InvitedAt);
    }
}
