using System.Net.Http.Json;
using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Dialer.Tests.Support;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.Dialer.Tests;

/// <summary>Calls to the handset, and what its phones have seen of them.</summary>
public sealed class HandsetTests(ServersFixture servers) : IAsyncLifetime
{
    private TestPlatform? _platform;
    private ServiceProcess? _handset;
    private DialerReplica? _dialer;

    private TestPlatform Platform => _platform!;

    public async ValueTask InitializeAsync()
    {
        _platform = await TestPlatform.StartAsync(servers);
        var port = FreePort.Next();
        _handset = await ServiceProcess.StartHandsetAsync(port);
        _dialer = await DialerReplica.StartAsync(_platform, new Dictionary<string, string> { ["handset"] = $"127.0.0.1:{port}" });
    }

    public async ValueTask DisposeAsync()
    {
        if (_dialer is not null)
            await _dialer.DisposeAsync();
        _handset?.Dispose();
        if (_platform is not null)
            await _platform.DisposeAsync();
    }

    [Theory]
    [InlineData("+46701740605", CallDisposition.Rang, 487, true, "missed")]
    [InlineData("+46701740615", CallDisposition.Answered, 200, true, "answered")]
    [InlineData("+46701740625", CallDisposition.Busy, 486, false, "busy")]
    [InlineData("+46701740635", CallDisposition.Rejected, 603, false, "rejected")]
    [InlineData("+46701740655", CallDisposition.Unreachable, 480, false, "unreachable")]
    [InlineData("+46701740665", CallDisposition.NotRinging, 487, false, "announcement")]
    [InlineData("+46701740685", CallDisposition.InvalidNumber, 404, false, "unassigned")]
    public async Task A_phone_sees_the_caller_id_and_the_report_says_how_it_went(
        string callee, CallDisposition disposition, int status, bool rang, string state)
    {
        // Picked up after a second, so it has to ring for longer.
        var ringSeconds = disposition == CallDisposition.Answered ? 10 : 1;
        var call = Commands.Place("handset", ringSeconds, capSeconds: 2) with { Callee = PhoneNumber.Parse(callee) };
        await Platform.SendAsync(call);

        var end = await Platform.EndOfAsync(call);
        Assert.Equal((disposition, status, rang), (end.Disposition, end.SipStatus, end.RangAt is not null));
        using var http = new HttpClient { BaseAddress = _handset!.Http };
        // The phone notes how a call ended after it has said so: the dialer may be told first.
        JsonElement seen = default;
        await Eventually.TrueAsync(async () =>
        {
            seen = Assert.Single((await http.GetFromJsonAsync<JsonElement[]>($"/phones/{callee}/calls"))!);
            return seen.GetProperty("state").GetString() == state;
        }, $"the phone says {state}");
        Assert.Equal(Commands.CallerId.E164, seen.GetProperty("callerId").GetString());
    }
}
