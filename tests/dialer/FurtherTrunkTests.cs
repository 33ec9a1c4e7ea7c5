using System.Net.Http.Json;
using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Dialer.Tests.Support;
using FlashCall.Sip;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.Dialer.Tests;

/// <summary>Whole calls that the first INVITE does not settle, over trunks that are put while the dialer runs.</summary>
public sealed class FurtherTrunkTests(DialerFixture dialer) : IClassFixture<DialerFixture>
{
    private static int _number;

    private TestPlatform Platform => dialer.Platform;

    [Fact]
    public async Task A_full_trunk_is_followed_by_the_next_which_rings_the_phone()
    {
        await using var full = new SipPeer { OnInvite = invite => invite.Respond(503) };
        await using var other = new SipPeer();
        var first = await PutAsync(new { addresses = new[] { full.Address } });
        var second = await PutAsync(new { addresses = new[] { other.Address }, callerIds = CallerIds(first), priority = 2 });
        var call = Place(first);
        await Platform.SendAsync(call);

        var ringing = await Platform.RingingOfAsync(call);
        var end = await Platform.EndOfAsync(call);

        Assert.Equal((CallDisposition.Rang, 487, second), (end.Disposition, end.SipStatus, end.Trunk));
        Assert.Equal(ringing.InvitedAt, end.InvitedAt);
        Assert.NotEqual(Assert.Single(full.Invites).Request.CallId, Assert.Single(other.Invites).Request.CallId);
        Assert.Single(Platform.EndsOf(call));
    }

    [Fact]
    public async Task Without_another_trunk_the_call_ends_as_the_last_one_failed()
    {
        await using var full = new SipPeer { OnInvite = invite => invite.Respond(503) };
        var first = await PutAsync(new { addresses = new[] { full.Address } });
        var call = Place(first);
        await Platform.SendAsync(call);

        var end = await Platform.EndOfAsync(call);
        Assert.Equal((CallDisposition.TrunkFailed, 503, first), (end.Disposition, end.SipStatus, end.Trunk));
    }

    [Fact]
    public async Task A_phone_that_rang_before_its_trunk_failed_is_not_rung_over_another()
    {
        await using var failing = new SipPeer
        {
            OnInvite = invite =>
            {
                invite.Respond(180);
                invite.Respond(500);
            },
        };
        await using var other = new SipPeer();
        var first = await PutAsync(new { addresses = new[] { failing.Address } });
        await PutAsync(new { addresses = new[] { other.Address }, callerIds = CallerIds(first), priority = 2 });
        var call = Place(first);
        await Platform.SendAsync(call);

        var end = await Platform.EndOfAsync(call);
        Assert.Equal((CallDisposition.TrunkFailed, 500, first), (end.Disposition, end.SipStatus, end.Trunk));
        Assert.NotNull(end.RangAt);
        Assert.Empty(other.Invites);
    }

    [Fact]
    public async Task A_trunk_slower_than_its_own_cap_is_cancelled_before_the_next_is_tried()
    {
        await using var slow = new SipPeer { OnInvite = invite => invite.Respond(183) };
        await using var other = new SipPeer();
        var first = await PutAsync(new { addresses = new[] { slow.Address }, postDialDelayCapSeconds = 1 });
        var second = await PutAsync(new { addresses = new[] { other.Address }, callerIds = CallerIds(first), priority = 2 });
        other.OnInvite = invite =>
        {
            Assert.Single(slow.Cancelled);
            invite.Respond(180);
        };
        var call = Place(first);
        await Platform.SendAsync(call);

        var end = await Platform.EndOfAsync(call);
        Assert.Equal((CallDisposition.Rang, second), (end.Disposition, end.Trunk));
        Assert.InRange((end.RangAt!.Value - end.InvitedAt!.Value).TotalSeconds, 1, 5);
    }

    [Fact]
    public async Task The_next_address_of_a_trunk_is_tried_when_one_is_full()
    {
        await using var full = new SipPeer { OnInvite = invite => invite.Respond(503) };
        await using var other = new SipPeer();
        var trunk = await PutAsync(new { addresses = new[] { full.Address, other.Address } });
        var call = Place(trunk);
        await Platform.SendAsync(call);

        var end = await Platform.EndOfAsync(call);
        Assert.Equal((CallDisposition.Rang, trunk), (end.Disposition, end.Trunk));
        var (before, after) = (Assert.Single(full.Invites).Request, Assert.Single(other.Invites).Request);
        Assert.Equal((before.CallId, before.CSeq.Number + 1), (after.CallId, after.CSeq.Number));
    }

    [Theory]
    [InlineData(true, CallDisposition.Rang)]
    [InlineData(false, CallDisposition.TrunkFailed)]
    public async Task A_redirect_is_followed_where_the_trunk_allows_it(bool allowed, CallDisposition disposition)
    {
        await using var other = new SipPeer();
        await using var pointing = new SipPeer
        {
            OnInvite = invite =>
            {
                var moved = invite.CreateResponse(302);
                moved.Headers.Add(SipHeaderName.Contact, $"<sip:+46701740605@{other.Address}>");
                invite.Respond(moved);
            },
        };
        var trunk = await PutAsync(new { addresses = new[] { pointing.Address }, allowRedirects = allowed });
        var call = Place(trunk);
        await Platform.SendAsync(call);

        Assert.Equal(disposition, (await Platform.EndOfAsync(call)).Disposition);
        Assert.Equal(allowed ? [$"sip:+46701740605@{other.Address}"] : [], other.Invites.Select(invite => invite.Request.Uri.Text));
    }

    [Fact]
    public async Task Over_its_limit_a_trunk_leaves_the_call_to_the_next_and_without_one_the_call_is_congested()
    {
        await using var limited = new SipPeer();
        await using var other = new SipPeer();
        var first = await PutAsync(new { addresses = new[] { limited.Address }, channels = 1 });
        var (one, two) = (Place(first, ringSeconds: 3), Place(first));
        await Platform.SendAsync(one);
        await Platform.RingingOfAsync(one);
        await Platform.SendAsync(two);
        var congested = await Platform.EndOfAsync(two);
        Assert.Equal((CallDisposition.Congested, null, null), (congested.Disposition, congested.InvitedAt, congested.Trunk));
        var second = await PutAsync(new { addresses = new[] { other.Address }, callerIds = CallerIds(first), priority = 2 });
        var three = Place(first);
        await Platform.SendAsync(three);
        var (third, ended) = (await Platform.EndOfAsync(three), await Platform.EndOfAsync(one));
        Assert.Equal((CallDisposition.Rang, second), (third.Disposition, third.Trunk));
        Assert.Equal((CallDisposition.Rang, first), (ended.Disposition, ended.Trunk));
    }

    [Fact]
    public async Task A_trunk_that_drains_takes_no_call()
    {
        await using var peer = new SipPeer();
        var trunk = await PutAsync(new { addresses = new[] { peer.Address } });
        using (var client = Operator.Client(dialer.Dialer.Http))
            (await client.PostAsync($"/v1/trunks/{trunk}/drain", content: null)).EnsureSuccessStatusCode();
        var call = Place(trunk);
        await Platform.SendAsync(call);

        var end = await Platform.EndOfAsync(call);
        Assert.Equal((CallDisposition.TrunkFailed, null), (end.Disposition, end.InvitedAt));
        Assert.Empty(peer.Invites);
    }

    [Fact]
    public async Task An_operator_sees_how_a_trunk_is_and_why_it_gets_no_calls()
    {
        await using var full = new SipPeer
        {
            OnInvite = invite =>
            {
                var busy = invite.CreateResponse(503);
                busy.Headers.Add(SipHeaderName.RetryAfter, "30");
                invite.Respond(busy);
            },
        };
        var trunk = await PutAsync(new { addresses = new[] { full.Address }, channels = 3, optionsIntervalSeconds = 5 });
        await Eventually.TrueAsync(
            async () => (await NowAsync(trunk)).GetProperty("addresses").EnumerateArray().Any(address => Text(address, "is") == "up"),
            "OPTIONS is answered");
        await Platform.SendAsync(Place(trunk));
        await Eventually.TrueAsync(async () => Text(await NowAsync(trunk), "gives") == "none", "the trunk is held out");

        var now = await NowAsync(trunk);
        Assert.Equal("retry_after", Text(now, "outReason"));
        var (until, address) = (now.GetProperty("outUntil").GetDateTimeOffset(), now.GetProperty("addresses")[0]);
        Assert.InRange(until, DateTimeOffset.UtcNow.AddSeconds(5), DateTimeOffset.UtcNow.AddSeconds(31));
        Assert.Equal((200, full.Address), (address.GetProperty("sipStatus").GetInt32(), Text(address, "address")));
        var second = Place(trunk);
        await Platform.SendAsync(second);
        var end = await Platform.EndOfAsync(second);
        Assert.Equal((CallDisposition.TrunkFailed, null), (end.Disposition, end.InvitedAt));
    }

    private async Task<JsonElement> NowAsync(string trunk)
    {
        using var client = Operator.Client(dialer.Dialer.Http);
        return (await client.GetFromJsonAsync<JsonElement>($"/v1/trunks/{trunk}")).GetProperty("now");
    }

    private static string? Text(JsonElement view, string field) => view.GetProperty(field).GetString();

    private static PlaceFlashCall Place(string trunk, double ringSeconds = 1) =>
        Commands.Place(trunk, ringSeconds) with { CallerId = CallerIdOf(trunk) };

    /// <summary>A caller ID for each trunk, so that trunks of one test are none to the calls of another.</summary>
    private static CallerId CallerIdOf(string trunk) => CallerId.Parse($"+4420794{trunk.Split('-')[1]}");

    private static string[] CallerIds(string trunk) => [CallerIdOf(trunk).E164];

    private async Task<string> PutAsync(object document)
    {
        var name = $"further-{Interlocked.Increment(ref _number) + 60000}";
        var body = JsonSerializer.SerializeToNode(document)!;
        body["optionsIntervalSeconds"] ??= 0;
        using var client = Operator.Client(dialer.Dialer.Http);
        using var answer = await client.PutAsJsonAsync($"/v1/trunks/{name}", body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return name;
    }
}
