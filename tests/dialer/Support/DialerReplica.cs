using System.Net;
using FlashCall.Dialer.Calls;
using FlashCall.Dialer.Signalling;
using FlashCall.Dialer.Trunks;
using FlashCall.Sip;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace FlashCall.Dialer.Tests.Support;

/// <summary>One dialer, running in this process.</summary>
internal sealed class DialerReplica : IAsyncDisposable
{
    private readonly WebApplication _service;
    private bool _stopped;

    private DialerReplica(WebApplication service) => _service = service;

    public IPEndPoint Sip => _service.Services.GetRequiredService<SipEndpoint>().LocalEndPoint;

    /// <summary>Where it serves HTTP.</summary>
    public Uri Http => new(_service.Urls.First());

    /// <summary>The trunks as this replica sees them.</summary>
    public TrunkDirectory Trunks => _service.Services.GetRequiredService<TrunkDirectory>();

    /// <summary>What its SIP stack has counted.</summary>
    public SipCounters SipCounters => _service.Services.GetRequiredService<SipEndpoint>().Stack.Counters;

    /// <summary>Starts one and waits until it is ready.</summary>
    /// <param name="platform">Where.</param>
    /// <param name="trunks">Name and address of each trunk.</param>
    /// <param name="more">Further settings.</param>
    public static async Task<DialerReplica> StartAsync(
        TestPlatform platform, IReadOnlyDictionary<string, string> trunks, params string[] more)
    {
        var service = DialerService.Build(
        [
            .. platform.Arguments, "--Dialer:SipListen=127.0.0.1:0", "--Dialer:SipT1=00:00:00.1", "--Logging:LogLevel:Default=Warning",
            .. TrunkArguments(trunks), .. more,
        ]);
        await service.StartAsync();
        var replica = new DialerReplica(service);
        await Wait.UntilReadyAsync(new Uri(service.Urls.First()));
        return replica;
    }

    public static IEnumerable<string> TrunkArguments(IReadOnlyDictionary<string, string> trunks) =>
        trunks.SelectMany((trunk, index) => (string[])
        [
            $"--Trunks:{index}:Name={trunk.Key}", $"--Trunks:{index}:Addresses:0={trunk.Value}",
            // SIPp's scenarios take what they expect and nothing else.
            $"--Trunks:{index}:OptionsInterval=00:00:00",
        ]);

    /// <summary>Ends a call of this replica, as a command that reached it would.</summary>
    public bool TryHangUp(Guid attemptId) => _service.Services.GetRequiredService<CallsInProgress>().TryHangUp(attemptId);

    /// <summary>Stops it as a SIGTERM does.</summary>
    public async Task StopAsync()
    {
        _stopped = true;
        await _service.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stopped)
            await StopAsync();
        await _service.DisposeAsync();
    }
}
