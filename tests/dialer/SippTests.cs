using FlashCall.Contracts;
using FlashCall.Dialer.Tests.Support;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.Dialer.Tests;

/// <summary>Whole calls with SIPp as the carrier: what is sent is right by SIPp's reading of SIP, not only by our own.</summary>
public sealed class SippTests(ServersFixture servers) : IAsyncLifetime
{
    private readonly int _port = Sipp.FreePort();
    private TestPlatform? _platform;
    private DialerReplica? _dialer;

    private TestPlatform Platform => _platform!;

    public async ValueTask InitializeAsync()
    {
        _platform = await TestPlatform.StartAsync(servers);
        _dialer = await DialerReplica.StartAsync(_platform, new Dictionary<string, string> { ["sipp"] = $"127.0.0.1:{_port}" });
    }

    public async ValueTask DisposeAsync()
    {
        if (_dialer is not null)
            await _dialer.DisposeAsync();
        if (_platform is not null)
            await _platform.DisposeAsync();
    }

    [Fact]
    public async Task A_phone_rings_for_the_ring_time_and_no_longer()
    {
        await using var sipp = await Sipp.StartAsync("rings", _port);
        var call = Commands.Place("sipp", ringSeconds: 1);
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
        await using var sipp = await Sipp.StartAsync("rings", _port);
        var call = Commands.Place("sipp", ringSeconds: 30);
        await Platform.SendAsync(call);
        await Platform.RingingOfAsync(call);
        await Platform.SendAsync(Commands.HangUp(call));

        var end = await Platform.EndOfAsync(call);
        await sipp.SucceedsAsync();
        Assert.Equal(CallDisposition.Rang, end.Disposition);
        Assert.InRange((end.EndedAt - end.RangAt!.Value).TotalSeconds, 0, 10);
    }

    [Theory]
    [InlineData("busy", CallDisposition.Busy, 486, false)]
    [InlineData("rejects", CallDisposition.Rejected, 603, true)]
    [InlineData("answers", CallDisposition.Answered, 200, true)]
    [InlineData("answers-into-cancel", CallDisposition.Answered, 200, true)]
    [InlineData("announcement", CallDisposition.NotRinging, 487, false)]
    [InlineData("silent", CallDisposition.Silent, null, false)]
    public async Task Every_other_course_ends_in_its_disposition(string scenario, CallDisposition disposition, int? status, bool rang)
    {
        await using var sipp = await Sipp.StartAsync(scenario, _port);
        var call = Commands.Place("sipp", ringSeconds: 1, capSeconds: 1);
        await Platform.SendAsync(call);

        var end = await Platform.EndOfAsync(call);
        await sipp.SucceedsAsync();

        Assert.Equal((disposition, status, disposition == CallDisposition.Answered), (end.Disposition, end.SipStatus, end.Answered));
        Assert.Equal(rang, end.RangAt is not null);
        Assert.Equal(rang, Platform.RingsOf(call).Any());
        Assert.NotNull(end.InvitedAt);
    }
}
