using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using FlashCall.Dialer.Trunks;
using FlashCall.Sip;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FlashCall.Dialer.Signalling;

/// <summary>Our end of SIP: the transports that all calls share, and the answers to what trunks ask of us.</summary>
internal sealed partial class SipEndpoint : IHostedService, IHealthCheck, ISipServer, IAsyncDisposable
{
    private readonly DialerSettings _settings;
    private readonly SipResolver _resolver;
    private readonly TrunkWays _ways;
    private readonly MessageLog _messages;
    private readonly ILogger<SipEndpoint> _logger;
    private readonly ConcurrentDictionary<(string CallId, string LocalTag, string RemoteTag), SipDialog> _dialogs = new();
    private SipTransport? _transport;

    public SipEndpoint(DialerSettings settings, MessageLog messages, TimeProvider time, ILogger<SipEndpoint> logger)
    {
        _settings = settings;
        _messages = messages;
        _logger = logger;
        Stack = new SipStack(
            new SipStackOptions
            {
                Timings = new SipTimings { T1 = settings.SipT1 },
                OnFault = LogFault,
                OnConnectionFailed = NoteConnection,
                OnMessage = messages.Write,
            },
            time);
        _resolver = new SipResolver(
            new SipResolverOptions { NameServers = settings.NameServers, Families = FamiliesOf(settings.SipListen) }, time);
        _ways = new TrunkWays(Stack, _resolver);
    }

    /// <summary>Transactions and timers.</summary>
    public SipStack Stack { get; }

    /// <summary>Where it listens.</summary>
    /// <exception cref="InvalidOperationException">It does not yet.</exception>
    public IPEndPoint LocalEndPoint =>
        _transport?.LocalEndPoint ?? throw new InvalidOperationException("The SIP socket is bound when the service starts.");

    /// <summary>The ways to a trunk, in the order they are tried; one at least.</summary>
    /// <exception cref="InvalidOperationException">There is none; the message says why.</exception>
    public async ValueTask<IReadOnlyList<SipHop>> HopsToAsync(Trunk trunk, CancellationToken cancellationToken)
    {
        var hops = await _ways.ToAsync(trunk, cancellationToken);
        _messages.Follow(trunk, hops);
        return hops;
    }

    /// <summary>The way to where a trunk sends a call; the trunk's own where the name leads nowhere.</summary>
    public ValueTask<SipHop> HopToAsync(SipUri uri, SipHop origin, CancellationToken cancellationToken) =>
        Stack.HopToAsync(uri, origin, _resolver, cancellationToken);

    /// <summary>64·T1 follows from it.</summary>
    public TimeSpan T1 => _settings.SipT1;

    /// <summary>The way for requests within a dialog; the INVITE's own where the peer names a place that we cannot reach.</summary>
    public SipHop HopTo(SipDialog dialog, SipHop invite) => Stack.HopTo(dialog.NextHopUri, invite);

    /// <summary>Remembers an answered call, so that a BYE of the peer that crosses ours finds it.</summary>
    public void Open(SipDialog dialog) => _dialogs[KeyOf(dialog)] = dialog;

    /// <summary>Forgets an answered call.</summary>
    public void Close(SipDialog dialog) => _dialogs.TryRemove(KeyOf(dialog), out _);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var transports = SipTransports.Open(_settings);
        _transport = transports[0];
        Stack.Start(this, transports);
        LogListening(_transport.LocalEndPoint);
        if (_settings.SipTls is not null)
            LogListeningTls(transports[^1].LocalEndPoint);
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
            ? HealthCheckResult.Healthy($"Listening on UDP and TCP {_transport.LocalEndPoint}.")
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
                Respond(transaction, SipMethod.IsKnown(request.Method) ? 405 : 501);
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

    private static AddressFamily[] FamiliesOf(IPEndPoint listen) =>
        listen.Address.Equals(IPAddress.IPv6Any) ? [AddressFamily.InterNetworkV6, AddressFamily.InterNetwork] : [listen.AddressFamily];

    private void NoteConnection(SipConnectionFailed failed)
    {
        // Whoever scans ports makes connections that fail; and peers close those that they have no use for.
        if (failed.IsInbound || failed.Failure is SipConnectionFailure.ClosedByPeer)
            LogConnectionEnded(failed.Hop, failed.Failure, failed.Reason);
        else
            LogConnectionFailed(failed.Hop, failed.Failure, failed.Reason);
    }

    private static (string CallId, string LocalTag, string RemoteTag) KeyOf(SipDialog dialog) =>
        (dialog.CallId, dialog.LocalTag, dialog.RemoteTag);

    [LoggerMessage(Level = LogLevel.Information, Message = "SIP listens on UDP and TCP {EndPoint}")]
    private partial void LogListening(IPEndPoint endPoint);

    [LoggerMessage(Level = LogLevel.Information, Message = "SIP listens on TLS {EndPoint}")]
    private partial void LogListeningTls(IPEndPoint endPoint);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The connection to {Hop} failed ({Failure}): {Reason}")]
    private partial void LogConnectionFailed(SipHop hop, SipConnectionFailure failure, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The connection with {Hop} ended ({Failure}): {Reason}")]
    private partial void LogConnectionEnded(SipHop hop, SipConnectionFailure failure, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Handling a SIP message failed")]
    private partial void LogFault(Exception exception);
}
