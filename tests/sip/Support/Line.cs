using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace FlashCall.Sip.Tests;

/// <summary>
/// A stack on a line of memory, with a clock that is moved by hand: what it sends is noted with its time, what it receives is put in by
/// the test.
/// </summary>
internal sealed class Line : IAsyncDisposable
{
    public static readonly IPEndPoint Local = IPEndPoint.Parse("192.0.2.1:5060");
    public static readonly IPEndPoint Peer = IPEndPoint.Parse("192.0.2.2:5060");

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private readonly FakeTimeProvider _time = new();
    private readonly MemoryTransport _transport;
    private readonly long _start;

    public Line(bool reliable = false, SipStackOptions? options = null)
    {
        _start = _time.GetTimestamp();
        _transport = new MemoryTransport(this, reliable);
        Stack = new SipStack((options ?? new SipStackOptions()) with { OnFault = Faults.Add }, _time);
        Stack.Start(Server, _transport);
        Hop = Stack.HopTo(Peer);
    }

    public SipStack Stack { get; }

    public SipHop Hop { get; }

    public ServerLog Server { get; } = new();

    public ClientLog Client { get; } = new();

    public List<Exception> Faults { get; } = [];

    /// <summary>What was sent: milliseconds since the start, where to, the message.</summary>
    public List<(int At, IPEndPoint To, SipMessage Message)> Sent { get; } = [];

    /// <summary>What was sent, as text, if <see cref="ReadsAsTheyCome"/>.</summary>
    public List<string> Raw { get; } = [];

    /// <summary>Keeps what is sent as it is: the answer to a message without From has none.</summary>
    public bool ReadsAsTheyCome { get; set; }

    /// <summary>Nothing leaves any more.</summary>
    public bool Broken { get; set; }

    /// <summary>The times at which something was sent, by what it was: a method, or a status.</summary>
    public int[] TimesOf(string what) => [.. Sent.Where(sent => Kind(sent.Message) == what).Select(sent => sent.At)];

    public SipMessage LastOf(string what) => Sent.Last(sent => Kind(sent.Message) == what).Message;

    public void Pass(double seconds)
    {
        for (var end = _time.GetUtcNow() + TimeSpan.FromSeconds(seconds); _time.GetUtcNow() < end;)
            _time.Advance(Step);
    }

    public void Receive(ReadOnlySpan<byte> bytes, IPEndPoint? from = null) => _transport.Receive(bytes, from ?? Peer);

    public void Receive(SipMessage message, IPEndPoint? from = null) => Receive(message.ToBytes(), from);

    /// <summary>The peer answers the last request of this method.</summary>
    public SipResponse Answer(string method, int status, string tag = "peer", Action<SipResponse>? change = null)
    {
        var response = SipResponse.For((SipRequest)LastOf(method), status, tag);
        change?.Invoke(response);
        Receive(response);
        return response;
    }

    /// <summary>A request of the peer.</summary>
    public static SipRequest FromPeer(string method, string branch = "z9hG4bKpeer", string callId = "call")
    {
        var request = Sample.Request(method, callId);
        request.Headers.Prepend("Via", $"SIP/2.0/UDP 192.0.2.2:5060;branch={branch}");
        return request;
    }

    public async ValueTask DisposeAsync() => await Stack.DisposeAsync();

    private static string Kind(SipMessage message) => message switch
    {
        SipRequest request => request.Method,
        SipResponse response => response.Status.ToString(CultureInfo.InvariantCulture),
        _ => "",
    };

    private void Note(ReadOnlySpan<byte> bytes, IPEndPoint to) =>
        Sent.Add(((int)_time.GetElapsedTime(_start).TotalMilliseconds, to, Sample.Parse(bytes)));

    private sealed class MemoryTransport(Line line, bool reliable) : SipTransport
    {
        private SipMessageArrived? _onMessage;

        public override SipTransportKind Kind => reliable ? SipTransportKind.Tcp : SipTransportKind.Udp;

        public override IPEndPoint LocalEndPoint => Local;

        public override bool CanReach(IPEndPoint remote) => remote.AddressFamily == Local.AddressFamily;

        public override IPEndPoint AddressFor(IPEndPoint remote) => Local;

        protected internal override bool Send(ReadOnlySpan<byte> message, SipHop hop, out SipSent sent)
        {
            sent = default;
            if (line.Broken)
                return false;
            if (line.ReadsAsTheyCome)
                line.Raw.Add(Encoding.UTF8.GetString(message));
            else
                line.Note(message, hop.Remote);
            return true;
        }

        public void Receive(ReadOnlySpan<byte> bytes, IPEndPoint from) => _onMessage!(bytes, new SipHop(this, from));

        protected override ValueTask CloseAsync() => ValueTask.CompletedTask;

        protected internal override void Start(SipMessageArrived onMessage, Action<Exception> onError) => _onMessage = onMessage;
    }
}

/// <summary>A client that notes what it is told.</summary>
internal sealed class ClientLog : ISipClient
{
    public List<SipResponse> Responses { get; } = [];

    public List<SipClientFailure> Failures { get; } = [];

    public int[] Statuses => [.. Responses.Select(response => response.Status)];

    /// <summary>Who is told of a 2xx after a refusal; this client if none is set.</summary>
    public ClientLog? Afterwards { get; set; }

    /// <summary>The request of the last response, as its transaction has it.</summary>
    public SipRequest? Request { get; private set; }

    public SipAfterRefusal? AfterRefusal => Afterwards is { } client ? SipAfterRefusal.To(client) : null;

    public void OnResponse(SipClientTransaction transaction, SipResponse response)
    {
        Responses.Add(response);
        Request = transaction.Request;
    }

    public void OnFailure(SipClientTransaction transaction, SipClientFailure failure) => Failures.Add(failure);
}

/// <summary>A server that notes what it is told.</summary>
internal sealed class ServerLog : ISipServer
{
    public List<SipServerTransaction> Requests { get; } = [];

    public List<SipServerTransaction> Cancelled { get; } = [];

    public List<SipRequest> Acks { get; } = [];

    public List<SipServerTransaction> Unacknowledged { get; } = [];

    /// <summary>Runs on each request.</summary>
    public Action<SipServerTransaction>? Answer { get; set; }

    public void OnRequest(SipServerTransaction transaction)
    {
        Requests.Add(transaction);
        Answer?.Invoke(transaction);
    }

    public void OnCancel(SipServerTransaction invite) => Cancelled.Add(invite);

    public void OnAck(SipRequest ack, SipHop source) => Acks.Add(ack);

    public void OnUnacknowledged(SipServerTransaction invite) => Unacknowledged.Add(invite);
}
