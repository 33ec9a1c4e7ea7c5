using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace FlashCall.Sip;

/// <summary>
/// SIP as RFC 3261 has it below the call: transports, transactions, timers. Make one for a process, start it with who answers requests
/// and with the transports to use, and dispose it at the end.
/// <para>A call to a peer, which is how a flash call goes:</para>
/// <code>
/// var hop = stack.HopTo(trunk);                                   // IPEndPoint
/// var invite = SipRequest.Create(SipMethod.Invite, uri, from.WithTag(SipId.NewTag()), to, SipId.NewCallId(), 1);
/// invite.Headers.Add(SipHeaderName.Contact, new SipAddress(hop.Contact(user)).Text);
/// invite.SetBody("application/sdp", offer);
/// var transaction = stack.Invite(invite, hop, client);            // client.OnResponse: 100, 180, …
/// transaction.Cancel();                                           // waits for a provisional response; 487 follows and is acknowledged
/// // On each 2xx: var dialog = SipDialog.OfCaller(transaction.Request, response);
/// //              stack.SendAck(dialog.CreateAck(), stack.HopTo(dialog.NextHopUri, transaction.Hop));
/// //              stack.Send(dialog.CreateRequest(SipMethod.Bye), …, client);   once for each dialog, dialog.RemoteTag
/// </code>
/// <para>A call from a peer: <see cref="ISipServer.OnRequest"/> gets the transaction and answers it with <c>transaction.Respond(180)</c>,
/// then another; on <see cref="ISipServer.OnCancel"/> with <c>Respond(487)</c>.</para>
/// </summary>
[SuppressMessage("Naming", "CA1711", Justification = "A SIP stack is a protocol stack, the field's term, not a collection.")]
public sealed class SipStack : IAsyncDisposable
{
    private readonly SipStackOptions _options;
    private readonly SipTap? _tap;
    private readonly ConcurrentDictionary<SipTransactionKey, SipServerTransaction> _servers = new();
    private readonly SipMergedRequests _merged = new();
    private int _openServers;
    private SipTransport[] _transports = [];
    private ISipServer? _server;

    /// <summary>A stack that does nothing yet.</summary>
    public SipStack(SipStackOptions options, TimeProvider time)
    {
        _options = options;
        Counters = new SipCounters(() => OpenTransactions);
        _tap = options.OnMessage is { } show ? new SipTap(show, Fault) : null;
        Timers = new SipTimers(time, Fault, work => UdpSipTransport.SendTogether(_transports, work));
        Clients = new SipClientTransactions(this, new SipRefusedInvites(time, Timers, options.Timings.TimerD));
    }

    /// <summary>What has been counted.</summary>
    public SipCounters Counters { get; }

    /// <summary>The timers of the transactions; calls may use them for their own times.</summary>
    public SipTimers Timers { get; }

    /// <summary>Transactions that are not over: requests of ours and of peers, those included that only wait for repeats.</summary>
    public int OpenTransactions => Clients.Count + _servers.Count;

    /// <summary>Our requests.</summary>
    internal SipClientTransactions Clients { get; }

    internal SipTimings Timings => _options.Timings;

    internal ISipServer Server => _server ?? throw new InvalidOperationException("Start the stack first.");

    /// <summary>Begins to receive. The stack disposes the transports when it ends.</summary>
    /// <exception cref="InvalidOperationException">The stack was started before.</exception>
    public void Start(ISipServer server, params SipTransport[] transports)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(transports);
        if (Interlocked.CompareExchange(ref _server, server, null) is not null)
            throw new InvalidOperationException("The stack was started before.");
        _transports = [.. transports];
        foreach (var transport in _transports)
        {
            if (transport is SipConnectionTransport connections)
                connections.OnEnded = ConnectionEnded;
            transport.OnUnsent = Counters.CountUnsent;
            transport.Start(_tap is null ? Receive : _tap.Before(Receive), Fault);
        }
    }

    /// <summary>The way to a peer: the first transport whose address family fits.</summary>
    /// <exception cref="InvalidOperationException">No transport can reach the address.</exception>
    public SipHop HopTo(IPEndPoint remote) => Find(remote, kind: null) is { } transport
        ? new SipHop(transport, remote)
        : throw new InvalidOperationException(
            $"No SIP transport reaches {remote.AddressFamily} addresses; add one that listens on such an address.");

    /// <summary>The way to a peer over a kind of transport; null if no such transport can reach the address.</summary>
    /// <param name="remote">The peer.</param>
    /// <param name="kind">The transport.</param>
    /// <param name="tls">Over TLS whom to expect there; without it the certificate has to name the address.</param>
    public SipHop? TryHopTo(IPEndPoint remote, SipTransportKind kind, SipTlsProfile? tls = null) => Find(remote, kind) is { } transport
        ? new SipHop(transport, remote) { Tls = kind is SipTransportKind.Tls ? tls : null }
        : null;

    /// <summary>Sends an INVITE. Its Via is added here.</summary>
    /// <param name="invite">Complete but for Via; not to be changed afterwards.</param>
    /// <param name="hop">Where to.</param>
    /// <param name="client">Gets the responses, possibly before this returns.</param>
    /// <exception cref="ArgumentException">Not an INVITE.</exception>
    public SipInviteClientTransaction Invite(SipRequest invite, SipHop hop, ISipClient client)
    {
        if (invite.Method is not SipMethod.Invite)
            throw new ArgumentException("Other requests than INVITE go out with Send.", nameof(invite));
        var key = new SipClientKey(AddVia(invite, hop), SipMethod.Invite);
        var transaction = new SipInviteClientTransaction(this, key, invite.ToBytes(), hop, client);
        Clients.Begin(transaction);
        return transaction;
    }

    /// <summary>Sends a request other than INVITE and ACK. Its Via is added here.</summary>
    /// <param name="request">Complete but for Via; not to be changed afterwards.</param>
    /// <param name="hop">Where to.</param>
    /// <param name="client">Gets the responses, possibly before this returns.</param>
    /// <exception cref="ArgumentException">An INVITE, an ACK or a CANCEL.</exception>
    public SipClientTransaction Send(SipRequest request, SipHop hop, ISipClient client)
    {
        if (request.Method is SipMethod.Invite or SipMethod.Ack or SipMethod.Cancel)
        {
            throw new ArgumentException(
                "INVITE goes out with Invite, ACK with SendAck, CANCEL with the INVITE's own Cancel.", nameof(request));
        }
        var key = new SipClientKey(AddVia(request, hop), request.Method);
        var transaction = new SipNonInviteClientTransaction(this, key, request.ToBytes(), hop, client);
        Clients.Begin(transaction);
        return transaction;
    }

    /// <summary>Sends the ACK to a 2xx, to which there is no response (RFC 3261 §13.2.2.4). Its Via is added here.</summary>
    /// <returns>False if it is known that it did not leave.</returns>
    /// <exception cref="ArgumentException">Not an ACK.</exception>
    public bool SendAck(SipRequest ack, SipHop hop)
    {
        if (ack.Method is not SipMethod.Ack)
            throw new ArgumentException("Only an ACK goes out without a transaction.", nameof(ack));
        AddVia(ack, hop);
        return Transmit(hop, ack.ToBytes(), out _);
    }

    /// <summary>Stops receiving, drops open transactions without a word to their peers, and disposes the transports.</summary>
    public async ValueTask DisposeAsync()
    {
        Timers.Dispose();
        foreach (var transport in _transports)
            await transport.DisposeAsync();
        Clients.Clear();
        _servers.Clear();
        _merged.Clear();
        Counters.Dispose();
    }

    internal void Forget(SipServerTransaction transaction)
    {
        if (!_servers.TryRemove(KeyValuePair.Create(transaction.Key, transaction)))
            return;
        Interlocked.Decrement(ref _openServers);
        _merged.Remove(transaction);
    }

    /// <summary>Sends what nothing hangs on but the count: it may wait for what else this thread sends.</summary>
    internal bool Post(SipHop hop, ReadOnlySpan<byte> bytes)
    {
        _tap?.Show(SipDirection.Sent, hop, bytes);
        return Count(hop.Transport.Post(bytes, hop));
    }

    internal bool Transmit(SipHop hop, ReadOnlySpan<byte> bytes, out SipSent sent)
    {
        _tap?.Show(SipDirection.Sent, hop, bytes);
        return Count(hop.Transport.Send(bytes, hop, out sent));
    }

    /// <summary>Where a request goes that is too long for a datagram (RFC 3261 §18.1.1); null if it may go where it is meant to.</summary>
    internal SipHop? InsteadOfDatagrams(SipHop hop, int bytes) =>
        bytes > _options.LargestDatagramRequest && hop.Transport.Kind is SipTransportKind.Udp
            ? TryHopTo(hop.Remote, SipTransportKind.Tcp)
            : null;

    // A repeat that cannot be sent is counted; the transaction's own time limit deals with a peer that stays unreachable.
    internal void Retransmit(SipHop hop, ReadOnlySpan<byte> bytes)
    {
        Counters.CountRetransmitted();
        Post(hop, bytes);
    }

    private bool Count(bool isSent)
    {
        if (isSent)
            Counters.CountSent();
        else
            Counters.CountSendFailure();
        return isSent;
    }

    private SipTransport? Find(IPEndPoint remote, SipTransportKind? kind)
    {
        foreach (var transport in _transports)
        {
            if ((kind is null || transport.Kind == kind) && transport.CanReach(remote))
                return transport;
        }
        return null;
    }

    private void ConnectionEnded(SipConnection connection, SipConnectionFailed? failed)
    {
        try
        {
            if (failed is not null)
                _options.OnConnectionFailed?.Invoke(failed);
            // Connections end seldom, and what waits over them is not looked for at any other time.
            Clients.LoseConnection(connection);
        }
        catch (Exception exception)
        {
            Fault(exception);
        }
    }

    private static SipBranch AddVia(SipRequest request, SipHop hop)
    {
        var branch = SipBranch.New();
        request.Headers.PrependChecked(SipHeaderName.Via, SipVia.TextOf(hop.Transport.Protocol, hop.LocalAddress, branch.Text));
        return branch;
    }

    private void Receive(ReadOnlySpan<byte> bytes, SipHop source)
    {
        var lent = SipLentResponse.Take();
        try
        {
            if (!SipParser.TryParse(bytes, lent, out var message, out var error))
            {
                ReceiveMalformed(bytes, error, source);
                return;
            }
            Counters.CountReceived();
            if (message is SipResponse response)
                Clients.Receive(response);
            else
                ReceiveRequest((SipRequest)message, source);
        }
        // Whatever one message does to the code above, the next one is received.
        catch (Exception exception)
        {
            Fault(exception);
        }
        finally
        {
            lent?.GiveBack();
        }
    }

    private void ReceiveMalformed(ReadOnlySpan<byte> bytes, SipParseError error, SipHop source)
    {
        if (error == SipParseError.KeepAlive)
        {
            Counters.CountKeepAlive();
            return;
        }
        Counters.CountMalformed();
        if (SipMalformedRequest.TryAnswer(bytes, error, source.Remote, out var response, out var target))
            Refuse(response, target, source);
    }

    private void ReceiveRequest(SipRequest request, SipHop source)
    {
        request.Headers.SetFirst(SipHeaderName.Via, request.TopVia.WithSource(source.Remote).Text);
        // A peer that claims to name its transactions and names them all the same is told so instead of getting the answers to other
        // requests (RFC 4475 §3.2.1).
        if (request.TopVia.Branch is SipVia.MagicCookie)
        {
            Refuse(request, source, 400, "Via Branch Must Name the Transaction after z9hG4bK");
            return;
        }
        if (request.Method == SipMethod.Ack)
        {
            ReceiveAck(request, source);
            return;
        }
        if (_servers.TryGetValue(SipTransactionKey.ForServer(request), out var known))
        {
            Counters.CountDuplicate();
            known.ReceiveAgain();
            return;
        }
        if (request.Uri.Scheme is not ("sip" or "sips" or "tel"))
        {
            Refuse(request, source, 416);
            return;
        }
        // What ends calls is taken for longer: without it they would only be more.
        var endsACall = request.Method is SipMethod.Cancel || request.To.Tag is not null;
        if (Volatile.Read(ref _openServers) >= (endsACall ? 2 : 1) * _options.MaxServerTransactions)
        {
            Counters.CountOverload();
            Refuse(request, source, 503);
            return;
        }
        Begin(request, source);
    }

    private void Begin(SipRequest request, SipHop source)
    {
        SipServerTransaction transaction = request.Method == SipMethod.Invite
            ? new SipInviteServerTransaction(this, request, source)
            : new SipNonInviteServerTransaction(this, request, source);
        // Two transports receive at once, and the same request may come over both.
        var known = _servers.GetOrAdd(transaction.Key, transaction);
        if (!ReferenceEquals(known, transaction))
        {
            Counters.CountDuplicate();
            known.ReceiveAgain();
            return;
        }
        Interlocked.Increment(ref _openServers);
        if (!_merged.TryAdd(transaction))
        {
            Counters.CountRefused();
            transaction.Respond(482);
        }
        else if (request.Method == SipMethod.Cancel)
        {
            ReceiveCancel(transaction);
        }
        else if (UnsupportedExtensions(request) is { Length: > 0 } unsupported)
        {
            var response = transaction.CreateResponse(420);
            response.Headers.Add(SipHeaderName.Unsupported, unsupported);
            transaction.Respond(response);
        }
        else
        {
            Deliver(transaction);
        }
    }

    private void Deliver(SipServerTransaction transaction)
    {
        try
        {
            Server.OnRequest(transaction);
            (transaction as SipInviteServerTransaction)?.RespondTrying();
        }
        catch (Exception exception)
        {
            Fault(exception);
            transaction.Respond(500);
        }
    }

    private void ReceiveAck(SipRequest ack, SipHop source)
    {
        if (_servers.TryGetValue(SipTransactionKey.ForServer(ack), out var transaction)
            && transaction is SipInviteServerTransaction invite && invite.ReceiveAck())
        {
            return;
        }
        Server.OnAck(ack, source);
    }

    private void ReceiveCancel(SipServerTransaction cancel)
    {
        var key = SipTransactionKey.ForServer(cancel.Request, SipMethod.Invite);
        if (!_servers.TryGetValue(key, out var transaction) || transaction is not SipInviteServerTransaction invite)
        {
            Counters.CountUnmatched();
            cancel.Respond(481);
            return;
        }
        // The same tag as in the responses to the INVITE (RFC 3261 §9.2).
        cancel.Respond(SipResponse.For(cancel.Request, 200, invite.LocalTag));
        if (invite.IsProceeding)
            Server.OnCancel(invite);
    }

    /// <summary>Answers a request without keeping anything of it; if it comes again, it is answered again.</summary>
    private void Refuse(SipRequest request, SipHop source, int status, string? reason = null)
    {
        if (request.Method != SipMethod.Ack)
            Refuse(SipResponse.For(request, status, SipId.NewTag(), reason), request.TopVia.ResponseTarget(source.Remote), source);
    }

    private void Refuse(SipResponse response, IPEndPoint target, SipHop source)
    {
        Counters.CountRefused();
        // Over a connection it goes back on it.
        Post(source.Transport.IsReliable ? source : source with { Remote = target }, SipWriter.Write(response));
    }

    private string UnsupportedExtensions(SipRequest request) => string.Join(", ", request.Headers.All(SipHeaderName.Require)
        .SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        .Where(extension => !_options.Supported.Contains(extension, StringComparer.OrdinalIgnoreCase)));

    private void Fault(Exception exception)
    {
        Counters.CountFault();
        _options.OnFault?.Invoke(exception);
    }
}
