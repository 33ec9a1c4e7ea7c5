using System.Net;

namespace FlashCall.Fuzz;

/// <summary>
/// What is done with each input: it is read; what could be read is looked at from all sides, written, and read again as the same; and a
/// stack with a call under way receives it. What goes wrong is thrown.
/// </summary>
internal sealed class FuzzTarget : IAsyncDisposable
{
    private static readonly IPEndPoint Local = IPEndPoint.Parse("192.0.2.1:5060");
    private static readonly IPEndPoint Peer = IPEndPoint.Parse("192.0.2.2:5060");

    private static readonly HashSet<string> Known = new(["INVITE", "OPTIONS", "ACK", "CANCEL"], StringComparer.Ordinal);

    private readonly Memory _transport = new();
    private readonly Sip.SipStack _stack;
    private Exception? _fault;

    public FuzzTarget()
    {
        _stack = new Sip.SipStack(
            new Sip.SipStackOptions { OnFault = exception => _fault = exception, MaxServerTransactions = 100 }, new Still());
        _stack.Start(new Server(), _transport);
    }

    /// <summary>Runs one input.</summary>
    /// <returns>What became of it, in a few words: inputs with the same words did much the same.</returns>
    /// <exception cref="FuzzException">Something is wrong in the code under test.</exception>
    public string Run(ReadOnlySpan<byte> input)
    {
        try
        {
            var read = Read(input);
            _transport.Sent.Clear();
            _fault = null;
            _transport.Receive(input, Peer);
            if (_fault is not null)
                throw new FuzzException("The stack reported a fault.", _fault);
            return $"{read}; {string.Join(',', _transport.Sent)}";
        }
        catch (Exception exception) when (exception is not FuzzException)
        {
            throw new FuzzException($"{exception.GetType().Name} came out: {exception.Message}", exception);
        }
    }

    public async ValueTask DisposeAsync() => await _stack.DisposeAsync();

    private static string Read(ReadOnlySpan<byte> input)
    {
        if (!Sip.SipParser.TryParse(input, out var message, out var error))
            return error.ToString();
        LookAt(message);
        var written = message.ToBytes();
        // Long names in place of compact ones, and lines in place of commas, may make the largest messages too large.
        if (written.Length > Sip.SipParser.MaxMessageBytes)
            return "grows";
        if (!Sip.SipParser.TryParse(written, out var again, out error))
            throw new FuzzException($"What was read and written cannot be read again: {error}.");
        if (!again.ToBytes().AsSpan().SequenceEqual(written))
            throw new FuzzException("What was read, written, and read again is written differently.");
        var (one, other) = (Kind(message), Kind(again));
        return one == other ? one : throw new FuzzException($"What was {one} is {other} after it was written.");
    }

    // Values are read when they are asked for, and what the parser has accepted has to be there.
    private static void LookAt(Sip.SipMessage message)
    {
        _ = message.TopVia.WithSource(Peer).Text + message.TopVia.SentBy + message.TopVia.ResponseTarget(Peer);
        _ = message.From.WithTag("a").Text + message.To.WithTag("b").Text + message.CallId + message.CSeq + message.MaxForwards;
        _ = message.Contact?.Uri.EndPoint;
        foreach (var header in message.Headers)
        {
            _ = message.Headers[header.Name];
            foreach (var address in message.Addresses(header.Name))
                _ = address.Text + address.DisplayName + address.Uri.User + address.Uri.Parameters;
        }
        if (message is Sip.SipRequest request)
            _ = Sip.SipResponse.For(request, 200, "tag").ToBytes();
    }

    private static string Kind(Sip.SipMessage message)
    {
        var what = message is Sip.SipRequest request
            ? $"{(Known.Contains(request.Method) ? request.Method : "other")} {request.Uri.Host.Length > 0} {request.Uri.Port is null}"
            : $"{((Sip.SipResponse)message).Status / 100}xx";
        // Coarse on purpose: if everything counted as new, nothing would be worth working on. Without Content-Length, which is written even
        // if it was not read.
        var names = message.Headers.Select(header => header.Name).Where(name => name != Sip.SipHeaderName.ContentLength).ToArray();
        var sizes = $"{int.Log2(names.Length)} {names.Distinct(StringComparer.OrdinalIgnoreCase).Count() / 4}";
        return $"{what} {sizes} {message.To.Tag is null} {message.From.DisplayName is null} {message.Body.IsEmpty}";
    }

    private sealed class Server : Sip.ISipServer
    {
        public void OnRequest(Sip.SipServerTransaction transaction)
        {
            if (transaction.Request.Method == Sip.SipMethod.Invite)
                transaction.Respond(180);
            else
                transaction.Respond(200);
        }

        public void OnCancel(Sip.SipServerTransaction invite) => invite.Respond(487);

        public void OnAck(Sip.SipRequest ack, Sip.SipHop source) => _ = ack.ToBytes();

        public void OnUnacknowledged(Sip.SipServerTransaction invite)
        {
        }
    }

    /// <summary>A clock that stands still: nothing is repeated, so that an input does the same each time.</summary>
    private sealed class Still : TimeProvider
    {
        public override long GetTimestamp() => 0;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Never();

        private sealed class Never : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }

    private sealed class Memory : Sip.SipTransport
    {
        private Sip.SipMessageArrived? _onMessage;

        /// <summary>The first words of what was sent.</summary>
        public List<string> Sent { get; } = [];

        public override Sip.SipTransportKind Kind => Sip.SipTransportKind.Udp;

        public override IPEndPoint LocalEndPoint => Local;

        public override bool CanReach(IPEndPoint remote) => true;

        public override IPEndPoint AddressFor(IPEndPoint remote) => Local;

        protected internal override bool Send(ReadOnlySpan<byte> message, Sip.SipHop hop, out Sip.SipSent sent)
        {
            sent = default;
            Sent.Add(System.Text.Encoding.ASCII.GetString(message[..Math.Min(message.Length, 11)]));
            return true;
        }

        public void Receive(ReadOnlySpan<byte> message, IPEndPoint source) => _onMessage!(message, new Sip.SipHop(this, source));

        protected override ValueTask CloseAsync() => ValueTask.CompletedTask;

        protected internal override void Start(Sip.SipMessageArrived onMessage, Action<Exception> onError) => _onMessage = onMessage;
    }
}

/// <summary>An input has shown something wrong.</summary>
public sealed class FuzzException : Exception
{
    /// <summary>What is wrong.</summary>
    public FuzzException(string message)
        : base(message)
    {
    }

    /// <summary>What is wrong, and why.</summary>
    public FuzzException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Something is wrong.</summary>
    public FuzzException()
    {
    }
}
