using FlashCall.Contracts;
using FlashCall.Dialer.Attempts;
using FlashCall.Dialer.Tests.Support;
using FlashCall.Hosting;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.Dialer.Tests;

/// <summary>Two replicas on one queue, with a carrier that does as told.</summary>
public sealed class ReplicaTests(ServersFixture servers) : IAsyncLifetime
{
    private readonly SipPeer _peer = new();
    private TestPlatform? _platform;
    private DialerReplica? _first;
    private DialerReplica? _second;

    private TestPlatform Platform => _platform!;

    public async ValueTask InitializeAsync()
    {
        _platform = await TestPlatform.StartAsync(servers);
        var trunks = new Dictionary<string, string> { ["peer"] = _peer.Address };
        _first = await DialerReplica.StartAsync(_platform, trunks);
        _second = await DialerReplica.StartAsync(_platform, trunks);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in (IAsyncDisposable?[])[_first, _second, _platform, _peer])
        {
            if (part is not null)
                await part.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_command_that_comes_again_and_again_rings_once_and_is_reported_as_before()
    {
        var calls = Enumerable.Range(0, 10).Select(_ => Commands.Place("peer")).ToArray();
        await Task.WhenAll(calls.SelectMany(call => Enumerable.Repeat(call, 4)).Select(Platform.SendAsync));
        foreach (var call in calls)
            Assert.Equal(CallDisposition.Rang, (await Platform.EndOfAsync(call)).Disposition);

        await Task.WhenAll(calls.Select(Platform.SendAsync));
        foreach (var call in calls)
        {
            await Eventually.TrueAsync(() => Platform.EndsOf(call).Count() >= 2, "the end is reported again");
            Assert.Single(Platform.EndsOf(call).Distinct());
            Assert.Single(Platform.RingsOf(call).Distinct());
            var reports = Platform.ReportsOf(call.AttemptId);
            Assert.Equal(2, reports.Select(report => report.MessageId).Distinct().Count());
            Assert.Contains(reports, report => report.MessageId == MessageId.Derive(call.AttemptId, "ended"));
            Assert.Contains(reports, report => report.MessageId == MessageId.Derive(call.AttemptId, "ringing"));
        }
        Assert.Equal(calls.Length, _peer.Invites.Count);
    }

    [Fact]
    public async Task A_hang_up_reaches_the_call_whichever_replica_has_it()
    {
        var calls = Enumerable.Range(0, 12).Select(_ => Commands.Place("peer", ringSeconds: 30)).ToArray();
        await Task.WhenAll(calls.Select(Platform.SendAsync));
        foreach (var call in calls)
            await Platform.RingingOfAsync(call);

        await Task.WhenAll(calls.Select(call => Platform.SendAsync(Commands.HangUp(call))));

        foreach (var call in calls)
        {
            var end = await Platform.EndOfAsync(call, seconds: 10);
            Assert.Equal((CallDisposition.Rang, 487, false), (end.Disposition, end.SipStatus, end.Answered));
        }
        // Otherwise no hang-up had to be passed on, and the test showed less than its name says.
        Assert.Equal(2, _peer.Invites.Select(invite => invite.Source.Remote.Port).Distinct().Count());
    }

    [Fact]
    public async Task A_hang_up_that_overtakes_its_call_keeps_the_phone_silent()
    {
        var call = Commands.Place("peer");
        await Platform.SendAsync(Commands.HangUp(call));
        await using (var data = Platform.OpenDatabase())
        {
            await using var count = data.CreateCommand($"select count(*) from attempts where attempt_id = '{call.AttemptId}'");
            await Eventually.TrueAsync(async () => await count.ExecuteScalarAsync() is 1L, "the hang-up is recorded");
        }

        await Platform.SendAsync(call);

        var end = await Platform.EndOfAsync(call);
        Assert.Equal((CallDisposition.Cancelled, null, null), (end.Disposition, end.InvitedAt, end.RangAt));
        Assert.Empty(_peer.Invites);
    }

    [Fact]
    public async Task A_hang_up_before_any_response_cancels_with_the_first()
    {
        using var silence = new SemaphoreSlim(0);
        // Without a response of ours the stack answers 100 by itself once this returns; hold it until the hang-up is in.
        _peer.OnInvite = invite => silence.Wait(TimeSpan.FromSeconds(5));
        var call = Commands.Place("peer");
        await Platform.SendAsync(call);
        await Eventually.TrueAsync(() => _peer.Invites.Count == 1, "the INVITE arrives");
        Assert.True(_first!.TryHangUp(call.AttemptId) || _second!.TryHangUp(call.AttemptId));
        Assert.Empty(_peer.Cancelled);
        silence.Release();

        var end = await Platform.EndOfAsync(call);
        Assert.Equal((CallDisposition.Cancelled, 487, null), (end.Disposition, end.SipStatus, end.RangAt));
        Assert.Single(_peer.Cancelled);
    }

    [Fact]
    public async Task A_call_that_comes_too_late_is_not_placed()
    {
        var call = Commands.Place("peer", notAfter: TimeSpan.FromSeconds(-1));
        await Platform.SendAsync(call);
        var end = await Platform.EndOfAsync(call);
        Assert.Equal((CallDisposition.Cancelled, null), (end.Disposition, end.InvitedAt));
        Assert.Empty(_peer.Invites);
    }

    [Fact]
    public async Task An_unknown_trunk_is_reported_as_failed()
    {
        var call = Commands.Place("no-such-trunk");
        await Platform.SendAsync(call);
        var end = await Platform.EndOfAsync(call);
        Assert.Equal((CallDisposition.TrunkFailed, null), (end.Disposition, end.InvitedAt));
    }

    [Fact]
    public async Task An_impossible_command_is_put_aside_with_its_reason()
    {
        await Platform.SendAsync(Commands.Place("peer", ringSeconds: 31));
        await Eventually.TrueAsync(async () => await Platform.RefusedCommandsAsync() == 1, "the command is put aside");
        Assert.Empty(_peer.Invites);
    }

    [Fact]
    public async Task Every_fork_that_picks_up_is_acknowledged_and_hung_up_and_billed_once()
    {
        _peer.OnInvite = invite =>
        {
            invite.Respond(180);
            _peer.Answer(invite, "first");
            _peer.Answer(invite, "second");
            _peer.Answer(invite, "first");
        };
        var call = Commands.Place("peer");
        await Platform.SendAsync(call);

        var end = await Platform.EndOfAsync(call);
        Assert.Equal((CallDisposition.Answered, 200, true), (end.Disposition, end.SipStatus, end.Answered));
        await Eventually.TrueAsync(() => _peer.Acks.Count >= 3 && _peer.Byes.Count >= 2, "each answer is acknowledged, each dialog ended");
        Assert.Equal(["first", "first", "second"], _peer.Acks.Select(ack => ack.To.Tag).Order(StringComparer.Ordinal));
        Assert.Equal(["first", "second"], _peer.Byes.Select(bye => bye.To.Tag).Order(StringComparer.Ordinal));
        Assert.Single(Platform.EndsOf(call));
    }

    [Fact]
    public async Task What_was_sent_is_marked_and_not_sent_again()
    {
        var call = Commands.Place("peer");
        await Platform.SendAsync(call);
        await Platform.EndOfAsync(call);

        await using var data = Platform.OpenDatabase();
        await using var unmarked = data.CreateCommand("select count(*) from attempts where report_due_at is not null");
        await Eventually.TrueAsync(async () => await unmarked.ExecuteScalarAsync() is 0L, "the reports are marked as sent");
        Assert.Equal(2, Platform.ReportsOf(call.AttemptId).Count);
    }

    [Fact]
    public async Task What_a_dead_process_recorded_and_did_not_send_is_sent()
    {
        var call = Commands.Place("peer");
        var at = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        var ended = new FlashCallEnded
        {
            VerificationId = call.VerificationId,
            AttemptId = call.AttemptId,
            Disposition = CallDisposition.Rang,
            SipStatus = 487,
            InvitedAt = at,
            RangAt = at.AddSeconds(1),
            EndedAt = at.AddSeconds(4),
            Answered = false,
            Trunk = call.Trunk,
        };
        await using var data = Platform.OpenDatabase();
        var dead = new AttemptStore(data, new ServiceIdentity("dialer", "dead"));
        await dead.BeatAsync(TimeSpan.FromMinutes(1), CancellationToken.None);
        Assert.Null(await dead.PlaceAsync(call, at, traceParent: null, CancellationToken.None));
        await dead.RecordEndsAsync([ended], CancellationToken.None);

        Assert.Equal(ended, await Platform.EndOfAsync(call));
        Assert.Equal(at.AddSeconds(1), (await Platform.RingingOfAsync(call)).RangAt);
    }
}
