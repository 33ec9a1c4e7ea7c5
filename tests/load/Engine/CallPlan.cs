using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using FlashCall.Contracts;
using FlashCall.Dialer;
using FlashCall.Dialer.Attempts;
using FlashCall.Dialer.Calls;
using FlashCall.Dialer.Routing;
using FlashCall.Dialer.Signalling;
using FlashCall.Dialer.Trunks;
using FlashCall.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace FlashCall.Load.Engine;

/// <summary>The dialer's engine as a service has it, but for the bus and the database: the trunk has no limits, so that the
/// database is never asked, and what calls report goes to <see cref="CallTally"/>.</summary>
internal sealed class CallPlan : IAsyncDisposable
{
    private static readonly PhoneNumber Callee = PhoneNumber.Parse("+46701740605");
    private static readonly CallerId CallerId = CallerId.Parse("+442079460123");

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    // Never connected: nothing here asks it.
    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create("Host=nowhere.invalid");
    private readonly TrunkLimits _limits;
    private readonly CallSurroundings _surroundings;
    private readonly TimeSpan _ringTime;
    private int _ids;

    private CallPlan(int port, TimeSpan ringTime)
    {
        _ringTime = ringTime;
        var settings = new DialerSettings { SipListen = new IPEndPoint(IPAddress.Loopback, 0) };
        var meters = _services.GetRequiredService<IMeterFactory>();
        var time = TimeProvider.System;
        var self = new ServiceIdentity("dialer", "load");
        var routing = new RoutingMetrics(meters);
        _limits = new TrunkLimits(new LimitStore(_database, self), routing, time, NullLogger<TrunkLimits>.Instance);
        var conditions = new TrunkConditions(routing, time, NullLogger<TrunkConditions>.Instance);
        var trunk = new Trunk { Name = "load", Addresses = [string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}")] };
        IReadOnlyCollection<Trunk> trunks = [trunk];
        Sip = new SipEndpoint(settings, new MessageLog(NullLogger<MessageLog>.Instance), time, NullLogger<SipEndpoint>.Instance);
        _surroundings = new CallSurroundings(
            Sip,
            new TrunkDigests(),
            _ => ValueTask.FromResult(trunks),
            new TrunkRouter(_limits, conditions, settings, routing),
            new AttemptStore(_database, self),
            Tally.Take,
            new DialerMetrics(meters),
            time,
            new CallLog(NullLogger<OngoingCall>.Instance));
    }

    /// <summary>Our end of SIP.</summary>
    public SipEndpoint Sip { get; }

    /// <summary>What the calls reported.</summary>
    public CallTally Tally { get; } = new();

    /// <summary>An engine that is ready to dial.</summary>
    /// <param name="port">Where the phones are, on 127.0.0.1.</param>
    /// <param name="ringTime">From the first 180 to the CANCEL.</param>
    public static async Task<CallPlan> StartAsync(int port, TimeSpan ringTime)
    {
        var plan = new CallPlan(port, ringTime);
        await plan.Sip.StartAsync(CancellationToken.None);
        return plan;
    }

    /// <summary>Begins a call.</summary>
    public void Dial() => new OngoingCall(
        new PlaceFlashCall
        {
            VerificationId = NextId(),
            AttemptId = NextId(),
            Callee = Callee,
            CallerId = CallerId,
            Trunk = "load",
            RingTime = _ringTime,
            PostDialDelayCap = TimeSpan.FromSeconds(12),
            NotAfter = DateTimeOffset.MaxValue,
        },
        _surroundings).Start(DateTimeOffset.MaxValue);

    // The dialer gets them with the command, and pays for no random bits; that they differ is all that calls ask of them.
    private Guid NextId() => new(++_ids, 0, 0, new byte[8]);

    public async ValueTask DisposeAsync()
    {
        await Sip.DisposeAsync();
        _limits.Dispose();
        await _database.DisposeAsync();
        await _services.DisposeAsync();
    }
}
