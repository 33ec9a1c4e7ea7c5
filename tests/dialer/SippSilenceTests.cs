using FlashCall.Contracts;
using FlashCall.Dialer.Tests.Support;
using Xunit;

namespace FlashCall.Dialer.Tests;

/// <summary>Trunks that leave us without the response that is due: the call is over after 64·T1 all the same.</summary>
public sealed class SippSilenceTests(DialerFixture dialer) : IClassFixture<DialerFixture>
{
    [Fact]
    public async Task A_call_that_gets_no_final_response_ends_by_the_clock()
    {
        // Both at once: each takes 64·T1.
        var (silentTrunk, silentPort) = dialer.TakeTrunk();
        var (endlessTrunk, endlessPort) = dialer.TakeTrunk();
        await using var silent = await Sipp.StartAsync("silent", silentPort);
        await using var endless = await Sipp.StartAsync("never-ends", endlessPort);
        var (unheard, unending) = (Commands.Place(silentTrunk, ringSeconds: 1, capSeconds: 1), Commands.Place(endlessTrunk, ringSeconds: 1));
        await dialer.Platform.SendAsync(unheard);
        await dialer.Platform.SendAsync(unending);

        var end = await dialer.Platform.EndOfAsync(unheard);
        Assert.Equal((CallDisposition.Silent, null, false, null), (end.Disposition, end.SipStatus, end.Answered, end.RangAt));
        Assert.Empty(dialer.Platform.RingsOf(unheard));
        end = await dialer.Platform.EndOfAsync(unending);
        Assert.Equal((CallDisposition.Rang, null, false), (end.Disposition, end.SipStatus, end.Answered));
        Assert.InRange((end.EndedAt - end.RangAt!.Value).TotalSeconds, 1 + 6.4, 1 + 6.4 + 3);
        await silent.SucceedsAsync();
        await endless.SucceedsAsync();
    }
}
