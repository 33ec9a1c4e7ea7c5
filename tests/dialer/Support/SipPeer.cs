using System.Collections.Concurrent;
using System.Net;
using FlashCall.Sip;

namespace FlashCall.Dialer.Tests.Support;

/// <summary>A carrier whose every step a test decides. By default it rings, and carries out a CANCEL with 487.</summary>
internal sealed class SipPeer : ISipServer, IAsyncDisposable
{
    private readonly SipStack _stack = new(new SipStackOptions { Timings = new SipTimings { T1 = TimeSpan.FromMilliseconds(100) } }, TimeProvider.System);
    private readonly UdpSipTransport _transport = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly ConcurrentQueue<SipServerTransaction> _invites = new();
    private readonly ConcurrentQueue<SipServerTransaction> _cancelled = new();
    private readonly ConcurrentQueue<SipRequest> _acks = new();
    private readonly ConcurrentQueue<SipRequest> _byes = new();

    public SipPeer() => _stack.Start(this, _transport);

    public string Address => _transport.LocalEndPoint.ToString();

    /// <summary>What to do with an INVITE.</summary>
    public Action<SipServerTransaction> OnInvite { get; set; } = invite => invite.Respond(180);

    /// <summary>What to do with an INVITE that is cancelled.</summary>
    public Action<SipServerTransaction> OnCancelled { get; set; } = invite => invite.Respond(487);

    /// <summary>INVITEs, repeats left out.</summary>
    public IReadOnlyCollection<SipServerTransaction> Invites => _invites;

    /// <summary>INVITEs that were cancelled.</summary>
    public IReadOnlyCollection<SipServerTransaction> Cancelled => _cancelled;

    /// <summary>ACKs to 2xx.</summary>
    public IReadOnlyCollection<SipRequest> Acks => _acks;

    public IReadOnlyCollection<SipRequest> Byes => _byes;

    /// <summary>Answers with a 200 of a dialog of its own, as each phone behind a forking proxy would.</summary>
    public void Answer(SipServerTransaction invite, string tag)
    {
        var response = SipResponse.For(invite.Request, 200, tag);
        response.Headers.Add(SipHeaderName.Contact, new SipAddress(SipUri.Create("phone", _transport.LocalEndPoint)).Text);
        // Not through the transaction, which answers once.
        _transport.Send(response.ToBytes(), invite.Source.Remote);
    }

    public void OnRequest(SipServerTransaction transaction)
    {
        if (transaction.Request.Method == SipMethod.Invite)
        {
            _invites.Enqueue(transaction);
            OnInvite(transaction);
        }
        else
        {
            if (transaction.Request.Method == SipMethod.Bye)
                _byes.Enqueue(transaction.Request);
            transaction.Respond(200);
        }
    }

    public void OnCancel(SipServerTransaction invite)
    {
        _cancelled.Enqueue(invite);
        OnCancelled(invite);
    }

    public void OnAck(SipRequest ack, SipHop source) => _acks.Enqueue(ack);

    public void OnUnacknowledged(SipServerTransaction invite)
    {
    }

    public ValueTask DisposeAsync() => _stack.DisposeAsync();
}
