using FlashCall.Contracts;
using FlashCall.Dialer.Tests.Support;
using Xunit;

namespace FlashCall.Dialer.Tests;

/// <summary>Calls to a softphone that people use: what it shows, and how it takes the end.</summary>
public sealed class BaresipTests(DialerFixture dialer) : IClassFixture<DialerFixture>
{
    // What baresip says of a call that its caller gave up.
    private const string Cancelled = "Connection reset by peer";

    [Fact]
    public async Task The_phone_shows_the_caller_id_and_a_missed_call()
    {
        var (trunk, port) = dialer.TakeTrunk();
        await using var phone = await Baresip.StartAsync(Commands.Callee.E164, port);
        var call = Commands.Place(trunk);
        await dialer.Platform.SendAsync(call);

        var incoming = await phone.TellsAsync("CALL_INCOMING");
        Assert.StartsWith($"sip:{Commands.CallerId.E164}@127.0.0.1", incoming.Peer, StringComparison.Ordinal);
        Assert.Contains($"Incoming call from:  sip:{Commands.CallerId.E164}@", phone.Screen, StringComparison.Ordinal);
        Assert.Equal(Cancelled, (await phone.TellsAsync("CALL_CLOSED")).Detail);
        Assert.DoesNotContain(phone.Events, each => each.Type == "CALL_ESTABLISHED");
        var end = await dialer.Platform.EndOfAsync(call);
        Assert.Equal((CallDisposition.Rang, 487, false), (end.Disposition, end.SipStatus, end.Answered));
        Assert.InRange((end.EndedAt - end.RangAt!.Value).TotalSeconds, 1, 3);
    }

    [Fact]
    public async Task A_person_who_rejects_the_call_ends_it()
    {
        var (trunk, port) = dialer.TakeTrunk();
        await using var phone = await Baresip.StartAsync(Commands.Callee.E164, port);
        var call = Commands.Place(trunk, ringSeconds: 20);
        await dialer.Platform.SendAsync(call);
        await phone.TellsAsync("CALL_INCOMING");
        await dialer.Platform.RingingOfAsync(call);
        await phone.RejectAsync();

        var end = await dialer.Platform.EndOfAsync(call);
        Assert.False(end.Answered);
        Assert.NotNull(end.RangAt);
        Assert.Equal((CallDisposition.Busy, 486), (end.Disposition, end.SipStatus));
    }

    [Fact]
    public async Task A_person_who_picks_up_hears_the_call_end_at_once()
    {
        var (trunk, port) = dialer.TakeTrunk();
        await using var phone = await Baresip.StartAsync(Commands.Callee.E164, port);
        var call = Commands.Place(trunk, ringSeconds: 20);
        await dialer.Platform.SendAsync(call);
        await phone.TellsAsync("CALL_INCOMING");
        await phone.AcceptAsync();

        await phone.TellsAsync("CALL_ESTABLISHED");
        await phone.TellsAsync("CALL_CLOSED");
        var end = await dialer.Platform.EndOfAsync(call);
        Assert.Equal((CallDisposition.Answered, 200, true), (end.Disposition, end.SipStatus, end.Answered));
    }
}
