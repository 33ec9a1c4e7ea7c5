using System.Diagnostics;
using FlashCall.Contracts;
using FlashCall.Dialer.Tests.Support;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.Dialer.Tests;

/// <summary>How a replica stops, orderly and otherwise, while phones ring.</summary>
public sealed class ShutdownTests(ServersFixture servers) : IAsyncLifetime
{
    private readonly SipPeer _peer = new();
    private TestPlatform? _platform;

    private TestPlatform Platform => _platform!;

    private Dictionary<string, string> Trunks => new() { ["peer"] = _peer.Address };

    public async ValueTask InitializeAsync() => _platform = await TestPlatform.StartAsync(servers);

    public async ValueTask DisposeAsync()
    {
        if (_platform is not null)
            await _platform.DisposeAsync();
        await _peer.DisposeAsync();
    }

    [Fact]
    public async Task Stopping_ends_ringing_calls_as_sip_wants_it_and_reports_them_all()
    {
        var calls = Enumerable.Range(0, 20).Select(_ => Commands.Place("peer", ringSeconds: 30)).ToArray();
        await using (var dialer = await DialerReplica.StartAsync(Platform, Trunks))
        {
            await Task.WhenAll(calls.Select(Platform.SendAsync));
            foreach (var call in calls)
                await Platform.RingingOfAsync(call);
            await dialer.StopAsync();
        }

        Assert.Equal(calls.Length, _peer.Cancelled.Count);
        foreach (var call in calls)
        {
            var end = await Platform.EndOfAsync(call, seconds: 5);
            Assert.Equal((CallDisposition.Rang, 487), (end.Disposition, end.SipStatus));
            Assert.Single(Platform.EndsOf(call).Distinct());
        }
    }

    [Fact]
    public async Task Stopping_does_not_wait_long_for_a_carrier_that_does_not_carry_out_the_cancel()
    {
        _peer.OnCancelled = _ => { };
        var call = Commands.Place("peer", ringSeconds: 30);
        var watch = new Stopwatch();
        await using (var dialer = await DialerReplica.StartAsync(Platform, Trunks, "--Dialer:SipT1=00:00:00.5"))
        {
            await Platform.SendAsync(call);
            await Platform.RingingOfAsync(call);
            watch.Start();
            await dialer.StopAsync();
        }

        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 15);
        var end = await Platform.EndOfAsync(call, seconds: 5);
        Assert.Equal(CallDisposition.Interrupted, end.Disposition);
        Assert.NotNull(end.RangAt);
        Assert.Single(_peer.Cancelled);
    }

    [Fact]
    public async Task What_a_killed_process_leaves_behind_is_reported_by_the_next_one_and_never_dialled_again()
    {
        var ringing = Commands.Place("peer", ringSeconds: 30);
        var silent = Commands.Place("peer", ringSeconds: 30, capSeconds: 60);
        using (var killed = await ServiceProcess.StartDialerAsync(Platform, Trunks))
        {
            await Platform.SendAsync(ringing);
            await Platform.RingingOfAsync(ringing);
            _peer.OnInvite = invite => invite.Respond(183);
            await Platform.SendAsync(silent);
            await Eventually.TrueAsync(() => _peer.Invites.Count == 2, "both are called");
            killed.Kill();
        }

        var watch = Stopwatch.StartNew();
        await using var next = await DialerReplica.StartAsync(Platform, Trunks, "--Dialer:AliveFor=00:00:01");
        await Platform.SendAsync(ringing);
        await Platform.SendAsync(silent);

        var (endOfRinging, endOfSilent) = (await Platform.EndOfAsync(ringing), await Platform.EndOfAsync(silent));
        Assert.Equal((CallDisposition.Interrupted, true), (endOfRinging.Disposition, endOfRinging.RangAt is not null));
        Assert.Equal((CallDisposition.Interrupted, false), (endOfSilent.Disposition, endOfSilent.RangAt is not null));
        Assert.All((FlashCallEnded[])[endOfRinging, endOfSilent], end => Assert.NotNull(end.InvitedAt));
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 8);
        Assert.Equal(2, _peer.Invites.Count);
    }

    [Fact]
    public async Task A_process_that_is_frozen_and_wakes_up_neither_dials_nor_reports_what_others_have_ended()
    {
        var call = Commands.Place("peer", ringSeconds: 30);
        using var frozen = await ServiceProcess.StartDialerAsync(Platform, Trunks);
        await Platform.SendAsync(call);
        await Platform.RingingOfAsync(call);
        frozen.Freeze();

        await using var other = await DialerReplica.StartAsync(Platform, Trunks, "--Dialer:AliveFor=00:00:01");
        Assert.Equal(CallDisposition.Interrupted, (await Platform.EndOfAsync(call)).Disposition);
        frozen.Wake();
        await Platform.SendAsync(Commands.HangUp(call));
        frozen.Terminate();
        await frozen.ExitsAsync();

        // The woken process has ended its call on the wire, and its own view of the end has changed nothing.
        Assert.Single(_peer.Cancelled);
        Assert.Equal([CallDisposition.Interrupted], Platform.EndsOf(call).Select(end => end.Disposition).Distinct());
        Assert.Single(_peer.Invites);
    }
}
