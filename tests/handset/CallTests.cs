using System.Text;
using FlashCall.Handset.Calls;
using FlashCall.Sip;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.Handset.Tests;

/// <summary>Calls over real UDP, each to a phone that behaves in its own way.</summary>
public sealed class CallTests
{
    [Fact]
    public async Task A_flash_call_leaves_a_missed_call()
    {
        await using var handset = await RunningHandset.StartAsync();
        var call = handset.Caller.Invite("+46701740605");
        var ringing = await handset.Caller.ResponseAsync(180);
        call.Cancel();
        await handset.Caller.ResponseAsync(487);

        Assert.NotNull(ringing.To.Tag);
        Assert.Equal("+46701740605", ringing.Contact!.Uri.User);
        var logged = await handset.EndedAsync("+46701740605");
        Assert.Equal((CallState.Missed, Caller.CallerId, call.Request.CallId), (logged.State, logged.CallerId, logged.SipCallId));
        Assert.InRange(logged.RangAt!.Value - logged.InvitedAt, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5));
        Assert.NotNull(logged.RingDuration);
        Assert.Equal(0, handset.Carrier.CallsUnderWay);
    }

    [Theory]
    [InlineData("<tel:+44-20-7946-0999>", "+442079460999")]
    [InlineData("\"x\" <sip:00442079460998@carrier.example;user=phone>, <tel:+442079460997>", "+442079460998")]
    [InlineData("<sip:anonymous@anonymous.invalid>", Caller.CallerId)]
    public async Task The_identity_that_the_network_asserts_goes_before_From(string asserted, string callerId)
    {
        await using var handset = await RunningHandset.StartAsync();
        handset.Caller.Invite("+46701740606", invite => invite.Headers.Add("P-Asserted-Identity", asserted));
        await handset.Caller.ResponseAsync(180);

        Assert.Equal(callerId, (await handset.CallsAsync("+46701740606", _ => true))[0].CallerId);
    }

    [Fact]
    public async Task A_withheld_number_is_logged_as_none()
    {
        await using var handset = await RunningHandset.StartAsync();
        handset.Caller.Invite("+46701740606",
            invite => invite.Headers.Set("From", "\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=x"));
        await handset.Caller.ResponseAsync(180);

        Assert.Null((await handset.CallsAsync("+46701740606", _ => true))[0].CallerId);
    }

    [Theory]
    [InlineData("0046701740607")]
    [InlineData("46701740607")]
    [InlineData("+46-70-174.06.07;npdi")]
    public async Task A_number_is_the_same_phone_however_it_is_dialled(string dialled)
    {
        await using var handset = await RunningHandset.StartAsync();
        handset.Caller.Invite(dialled);
        await handset.Caller.ResponseAsync(180);

        Assert.Equal(CallState.Ringing, (await handset.CallsAsync("+46701740607", _ => true))[0].State);
    }

    [Theory]
    [InlineData("+46701740620", 486, "busy")]
    [InlineData("+46701740630", 603, "rejected")]
    [InlineData("+46701740650", 480, "unreachable")]
    [InlineData("+46701740680", 404, "unassigned")]
    public async Task A_refusal_is_final(string phone, int status, string state)
    {
        await using var handset = await RunningHandset.StartAsync();
        handset.Caller.Invite(phone);
        await handset.Caller.ResponseAsync(status);

        var logged = await handset.EndedAsync(phone);
        Assert.Equal((state, null, null), (logged.State.ToString().ToLowerInvariant(), logged.RangAt, logged.RingDuration));
        Assert.Equal(0, handset.Carrier.CallsUnderWay);
    }

    [Fact]
    public async Task What_is_no_number_is_not_found()
    {
        await using var handset = await RunningHandset.StartAsync();
        handset.Caller.Invite("alice");
        await handset.Caller.ResponseAsync(404);

        Assert.Equal(0, handset.Carrier.CallsUnderWay);
    }

    [Fact]
    public async Task A_silent_trunk_says_nothing_to_repeats_either()
    {
        await using var handset = await RunningHandset.StartAsync();
        await using var caller = new Caller(handset.Sip, t1: TimeSpan.FromMilliseconds(50));
        caller.Invite("+46701740640");
        await Eventually.TrueAsync(() => handset.Carrier.Counters.Duplicates > 0, "a repeated INVITE");

        Assert.False(caller.HasResponse);
        Assert.Equal(0, handset.Carrier.Counters.Sent);
        Assert.Equal(CallState.Silent, (await handset.EndedAsync("+46701740640")).State);
    }

    [Fact]
    public async Task An_announcement_is_not_ringing()
    {
        await using var handset = await RunningHandset.StartAsync();
        var call = handset.Caller.Invite("+46701740660");
        var progress = await handset.Caller.ResponseAsync(183);
        call.Cancel();
        await handset.Caller.ResponseAsync(487);

        Assert.Equal("application/sdp", progress.Headers["Content-Type"]);
        Assert.Contains("m=audio 9 RTP/AVP 0 8\r\na=inactive", Encoding.ASCII.GetString(progress.Body.Span), StringComparison.Ordinal);
        var logged = await handset.EndedAsync("+46701740660");
        Assert.Equal((CallState.Announcement, null), (logged.State, logged.RangAt));
    }

    [Fact]
    public async Task A_call_given_up_before_it_rings_is_abandoned()
    {
        await using var handset = await RunningHandset.StartAsync("--Handset:PostDialDelay=00:01:00");
        handset.Caller.Invite("+46701740608").Cancel();
        await handset.Caller.ResponseAsync(487);

        var logged = await handset.EndedAsync("+46701740608");
        Assert.Equal((CallState.Abandoned, null), (logged.State, logged.RangAt));
    }

    [Fact]
    public async Task A_call_picked_up_ends_with_BYE()
    {
        await using var handset = await RunningHandset.StartAsync(
            "--Handset:Behaviours:0:Pattern=\\+4670.*", "--Handset:Behaviours:0:Behaviour=answer",
            "--Handset:Behaviours:0:AnswerAfter=00:00:00.02", "--Handset:T1=00:00:05");
        var call = handset.Caller.Invite("+46701740610");
        await handset.Caller.ResponseAsync(180);
        var ok = await handset.Caller.ResponseAsync(200);
        var dialog = SipDialog.OfCaller(call.Request, ok);
        handset.Caller.SendAck(dialog.CreateAck());
        handset.Caller.Send(dialog.CreateRequest("INFO"));
        await handset.Caller.ResponseAsync(405);
        handset.Caller.Send(dialog.CreateRequest("BYE"));
        await handset.Caller.ResponseAsync(200);
        handset.Caller.Send(dialog.CreateRequest("BYE"));
        await handset.Caller.ResponseAsync(481);

        Assert.Contains("a=inactive", Encoding.ASCII.GetString(ok.Body.Span), StringComparison.Ordinal);
        var logged = await handset.EndedAsync("+46701740610");
        Assert.Equal(CallState.Answered, logged.State);
        Assert.True(logged.RingDuration >= 0.02);
        Assert.True(logged.AnsweredAt <= logged.EndedAt);
    }

    [Fact]
    public async Task A_2xx_is_repeated_until_the_ACK_and_without_one_the_call_is_ended()
    {
        await using var handset = await RunningHandset.StartAsync(
            "--Handset:T1=00:00:00.01", "--Handset:Behaviours:0:Pattern=+46x0x740610", "--Handset:Behaviours:0:Behaviour=answer",
            "--Handset:Behaviours:0:AnswerAfter=00:00:00");
        handset.Caller.Invite("+46701740610");
        await handset.Caller.ResponseAsync(180);
        var first = await handset.Caller.ResponseAsync(200);
        var second = await handset.Caller.ResponseAsync(200);
        var bye = await handset.Caller.RequestAsync();

        Assert.Equal(first.ToBytes(), second.ToBytes());
        Assert.Equal(("BYE", first.To.Tag, first.From.Tag), (bye.Request.Method, bye.Request.From.Tag, bye.Request.To.Tag));
        Assert.Equal(CallState.Answered, (await handset.EndedAsync("+46701740610")).State);
    }

    [Fact]
    public async Task A_call_that_nobody_ends_is_ended_by_the_carrier()
    {
        await using var handset = await RunningHandset.StartAsync("--Handset:CallLimit=00:00:00.1");
        handset.Caller.Invite("+46701740609");
        await handset.Caller.ResponseAsync(180);
        await handset.Caller.ResponseAsync(480);

        Assert.Equal(CallState.Missed, (await handset.EndedAsync("+46701740609")).State);
    }

    [Theory]
    [InlineData("OPTIONS", false, 200)]
    [InlineData("REGISTER", false, 405)]
    [InlineData("BYE", false, 481)]
    [InlineData("BYE", true, 481)]
    [InlineData("INFO", true, 481)]
    public async Task Other_requests_get_their_answer(string method, bool inDialog, int status)
    {
        await using var handset = await RunningHandset.StartAsync();
        handset.Caller.Send(handset.Caller.Request(method, "+46701740605", request =>
        {
            if (inDialog)
                request.Headers.Set("To", request.To.WithTag("unknown").Text);
        }));

        var response = await handset.Caller.ResponseAsync(status);
        Assert.Equal(status is 200 or 405 ? Carrier.Allowed : null, response.Headers["Allow"]);
    }
}
