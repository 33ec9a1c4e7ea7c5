using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using FlashCall.Handset.Calls;
using FlashCall.Handset.Phones;
using FlashCall.Sip;

namespace FlashCall.Handset;

/// <summary>The carrier: takes calls over SIP and brings them to its phones, of which there is one for every number.</summary>
internal sealed partial class Carrier : IHostedService, ISipServer, IAsyncDisposable
{
    /// <summary>The methods we take.</summary>
    public const string Allowed = "INVITE, ACK, CANCEL, BYE, OPTIONS";

    private readonly HandsetSettings _settings;
    private readonly Phonebook _phonebook;
    private readonly CallLog _log;
    private readonly TimeProvider _time;
    private readonly ILogger<Carrier> _logger;
    private readonly SipTimings _timings;
    private readonly SipStack _stack;
    private readonly ConcurrentDictionary<(string CallId, string Tag), PhoneCall> _calls = new();
    private UdpSipTransport? _transport;

    public Carrier(HandsetSettings settings, Phonebook phonebook, CallLog log, TimeProvider time, ILogger<Carrier> logger)
    {
        _settings = settings;
        _phonebook = phonebook;
        _log = log;
        _time = time;
        _logger = logger;
        _timings = new SipTimings { T1 = settings.T1 };
        // It takes whatever load is put on it: every call leaves two transactions that wait for repeats, for up to 64·T1.
        var options = new SipStackOptions { Timings = _timings, OnFault = exception => LogFault(exception), MaxServerTransactions = 500_000 };
        _stack = new SipStack(options, time);
    }

    /// <summary>Where SIP is listened to; null before the start.</summary>
    public IPEndPoint? Sip => _transport?.LocalEndPoint;

    /// <summary>Calls that are not over.</summary>
    public int CallsUnderWay => _calls.Count;

    /// <summary>What the SIP stack has counted.</summary>
    public SipCounters Counters => _stack.Counters;

    /// <summary>Binds the socket and takes calls.</summary>
    /// <exception cref="HandsetSettingsException">The port is taken, or the address is not of this machine.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            _transport = new UdpSipTransport(_settings.Sip);
        }
        catch (SocketException exception)
        {
            throw new HandsetSettingsException("SipListen",
                $"is {_settings.Sip}, which cannot be listened to ({exception.SocketErrorCode}). Name a free UDP port of this machine.");
        }
        _stack.Start(this, _transport);
        LogStarted(_transport.LocalEndPoint, _settings.Describe());
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => _stack.DisposeAsync().AsTask();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _stack.DisposeAsync();

    /// <inheritdoc/>
    public void OnRequest(SipServerTransaction transaction)
    {
        var request = transaction.Request;
        if (request.To.Tag is { } tag)
            InDialog(transaction, tag);
        else if (request.Method == SipMethod.Invite)
            Ring(transaction);
        else if (request.Method == SipMethod.Options)
            transaction.Respond(WithAllow(transaction.CreateResponse(200)));
        else if (request.Method == SipMethod.Bye)
            transaction.Respond(481);
        else
            transaction.Respond(WithAllow(transaction.CreateResponse(405)));
    }

    /// <inheritdoc/>
    public void OnCancel(SipServerTransaction invite)
    {
        if (_calls.TryGetValue((invite.Request.CallId, invite.LocalTag), out var call))
            call.Cancel();
    }

    /// <inheritdoc/>
    public void OnAck(SipRequest ack, SipHop source)
    {
        if (_calls.TryGetValue((ack.CallId, ack.To.Tag ?? ""), out var call))
            call.Acknowledge();
    }

    /// <inheritdoc/>
    public void OnUnacknowledged(SipServerTransaction invite) => LogUnacknowledged(invite.Request.CallId);

    private static SipResponse WithAllow(SipResponse response)
    {
        response.Headers.Add(SipHeaderName.Allow, Allowed);
        return response;
    }

    /// <summary>Who calls: what the network vouches for, else what the caller says (RFC 3325 §9.1).</summary>
    private static string? CallerIdOf(SipRequest invite)
    {
        foreach (var identity in invite.Addresses(SipHeaderName.PAssertedIdentity))
        {
            if (DialledNumber.TryRead(identity.Uri, out var asserted))
                return asserted;
        }
        return DialledNumber.TryRead(invite.From.Uri, out var claimed) ? claimed : null;
    }

    private void InDialog(SipServerTransaction transaction, string tag)
    {
        if (!_calls.TryGetValue((transaction.Request.CallId, tag), out var call))
        {
            transaction.Respond(481);
            return;
        }
        switch (transaction.Request.Method)
        {
            case SipMethod.Bye:
                transaction.Respond(200);
                call.HangUp();
                break;
            case SipMethod.Options:
                transaction.Respond(WithAllow(transaction.CreateResponse(200)));
                break;
            case SipMethod.Invite:
                // The session stays as it was agreed (RFC 3261 §14.2).
                transaction.Respond(488);
                break;
            default:
                transaction.Respond(WithAllow(transaction.CreateResponse(405)));
                break;
        }
    }

    private void Ring(SipServerTransaction invite)
    {
        if (!DialledNumber.TryRead(invite.Request.Uri, out var phone))
        {
            invite.Respond(invite.CreateResponse(404, "Not a phone number"));
            return;
        }
        var behaviour = _phonebook.BehaviourOf(phone);
        var entry = _log.Add(phone, CallerIdOf(invite.Request), invite.Request.CallId);
        var call = new PhoneCall(_stack, _timings, invite, phone, behaviour, entry, _log, _time, Forget);
        _calls[call.Key] = call;
        LogCall(invite.Request.CallId, behaviour.Behaviour);
        call.Begin(_settings.CallLimit);
    }

    private void Forget(PhoneCall call) => _calls.TryRemove(call.Key, out _);

    [LoggerMessage(1, LogLevel.Information, "SIP on udp {Address}. Numbers: {Behaviours}.")]
    private partial void LogStarted(IPEndPoint address, string behaviours);

    [LoggerMessage(2, LogLevel.Debug, "Call {CallId}: {Behaviour}")]
    private partial void LogCall(string callId, Behaviour behaviour);

    [LoggerMessage(3, LogLevel.Debug, "Call {CallId}: the caller never acknowledged its end")]
    private partial void LogUnacknowledged(string callId);

    [LoggerMessage(4, LogLevel.Error, "A SIP message could not be handled")]
    private partial void LogFault(Exception exception);
}
