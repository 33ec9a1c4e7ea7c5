using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using FlashCall.Dialer.Trunks;
using FlashCall.Hosting;
using FlashCall.Sip;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FlashCall.Dialer.Signalling;

/// <summary>Our end of SIP: one UDP socket for all calls, and the answers to what trunks ask of us.</summary>
internal sealed partial class SipEndpoint : IHostedService, IHealthCheck, ISipServer, IAsyncDisposable
{
    private readonly DialerSettings _settings;
    private readonly TrunkAddresses _addresses;
    private readonly ILogger<SipEndpoint> _logger;
    private readonly ConcurrentDictionary<(string CallId, string LocalTag, string RemoteTag), SipDialog> _dialogs = new();
    private UdpSipTransport? _transport;

    public SipEndpoint(DialerSettings settings, TimeProvider time, ILogger<SipEndpoint> logger)
    {
        _settings = settings;
        _logger = logger;
        _addresses = new TrunkAddresses(settings.SipListen.AddressFamily, time);
        Stack = new SipStack(new SipStackOptions { Timings = new SipTimings { T1 = settings.SipT1 }, OnFault = LogFault }, time);
    }

    /// <summary>Transactions and timers.</summary>
    public SipStack Stack { get; }

    /// <summary>Where it listens.</summary>
    /// <exception cref="InvalidOperationException">It does not yet.</exception>
    public IPEndPoint LocalEndPoint =>
        _transport?.LocalEndPoint ?? throw new InvalidOperationException("The SIP socket is bound when the service starts.");

    /// <summary>The way to a trunk.</summary>
    /// <exception cref="SocketException">Its host has no address.</exception>
    /// <exception cref="InvalidOperationException">Our socket cannot reach its address.</exception>
    public async ValueTask<SipHop> HopToAsync(Trunk trunk, CancellationToken cancellationToken) =>
        Stack.HopTo(await _addresses.ResolveAsync(trunk, cancellationToken));

    /// <summary>The ways to a trunk, in the order they are tried.</summary>
    public async ValueTask<IReadOnlyList<SipHop>> HopsToAsync(Trunk trunk, CancellationToken cancellationToken) =>
        [await HopToAsync(trunk, cancellationToken)];

    /// <summary>The way to where a trunk sends a call.</summary>
    public ValueTask<SipHop> HopToAsync(SipUri uri, SipHop origin, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Stack.HopTo(uri.EndPoint ?? origin.Remote));

    /// <summary>64·T1 follows from it.</summary>
    public TimeSpan T1 => _settings.SipT1;

    /// <summary>The way for requests within a dialog; the INVITE's own where the peer names a place that we cannot reach.</summary>
    public SipHop HopTo(SipDialog dialog, SipHop invite)
    {
        var next = dialog.NextHop(invite.Remote);
        return invite.Transport.CanReach(next) ? Stack.HopTo(next) : invite;
    }

    /// <summary>Remembers an answered call, so that a BYE of the peer that crosses ours finds it.</summary>
    public void Open(SipDialog dialog) => _dialogs[KeyOf(dialog)] = dialog;

    /// <summary>Forgets an answered call.</summary>
    public void Close(SipDialog dialog) => _dialogs.TryRemove(KeyOf(dialog), out _);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            var advertised = _settings.SipAdvertised is { } address ? new IPEndPoint(address, _settings.SipListen.Port) : null;
            _transport = new UdpSipTransport(_settings.SipListen, advertised);
        }
        catch (SocketException exception)
        {
            throw new SettingsException("FLASHCALL_DIALER__SIPLISTEN",
                $"names UDP {_settings.SipListen}, which cannot be listened on: {exception.Message}. Free the port or name another.");
        }
        Stack.Start(this, _transport);
        LogListening(_transport.LocalEndPoint);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        await Stack.DisposeAsync();
        _transport = null;
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_transport is not null
            ? HealthCheckResult.Healthy($"Listening on UDP {_transport.LocalEndPoint}.")
            : HealthCheckResult.Unhealthy("The SIP socket is not bound. See FLASHCALL_DIALER__SIPLISTEN."));

    public void OnRequest(SipServerTransaction transaction)
    {
        var request = transaction.Request;
        switch (request.Method)
        {
            case SipMethod.Bye:
                transaction.Respond(_dialogs.ContainsKey((request.CallId, request.To.Tag ?? "", request.From.Tag ?? "")) ? 200 : 481);
                break;
            // We know of no other dialog than those about to end (RFC 3261 §12.2.2).
            case not SipMethod.Options when request.To.Tag is not null:
                transaction.Respond(481);
                break;
            case SipMethod.Options:
                Respond(transaction, 200);
                break;
            // Somebody calls back: our numbers never answer.
            case SipMethod.Invite:
                transaction.Respond(486);
                break;
            default:
                Respond(transaction, 405);
                break;
        }
    }

    // Our INVITEs from peers have a final response at once, so there is nothing to give up.
    public void OnCancel(SipServerTransaction invite)
    {
    }

    public void OnAck(SipRequest ack, SipHop source)
    {
    }

    public void OnUnacknowledged(SipServerTransaction invite)
    {
    }

    private static void Respond(SipServerTransaction transaction, int status)
    {
        var response = transaction.CreateResponse(status);
        response.Headers.Add(SipHeaderName.Allow, InviteRequest.Allowed);
        if (status == 200)
            response.Headers.Add("Accept", "application/sdp");
        transaction.Respond(response);
    }

    private static (string CallId, string LocalTag, string RemoteTag) KeyOf(SipDialog dialog) =>
        (dialog.CallId, dialog.LocalTag, dialog.RemoteTag);

    [LoggerMessage(Level = LogLevel.Information, Message = "SIP listens on UDP {EndPoint}")]
    private partial void LogListening(IPEndPoint endPoint);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Handling a SIP message failed")]
    private partial void LogFault(Exception exception);
}
