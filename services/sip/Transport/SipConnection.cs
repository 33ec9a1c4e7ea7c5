using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Net.Sockets;

namespace FlashCall.Sip;

/// <summary>What became of a message that was given to a connection.</summary>
internal enum SipQueued
{
    /// <summary>It is on its way, or waits for its turn.</summary>
    Yes,

    /// <summary>Too much waits already.</summary>
    Full,

    /// <summary>The connection has ended; another has to be opened.</summary>
    Ended,
}

/// <summary>
/// One connection, from the attempt to open it to its end. What is sent waits in memory until the connection is open and the peer takes
/// it, all that waits together in one write; nobody who sends ever waits.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "What it holds is freed by the task that serves the connection, at its end.")]
internal sealed class SipConnection
{
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);
    private const int UsualQueueBytes = 2048;
    // A queue that a burst has let grow beyond this is given back after it.
    private const int LargestKeptQueueBytes = 256 * 1024;

    private readonly SipConnectionTransport _transport;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _ending = new();
    private Stream? _stream;
    private byte[] _waiting = new byte[UsualQueueBytes];
    private byte[] _spare = [];
    private int _waitingBytes;
    private long _queued;
    private long _handedOver;
    private Task _sending = Task.CompletedTask;
    private Task _cancelling = Task.CompletedTask;
    private bool _isSending;
    private bool _ended;
    private long _sendingSince;
    private long _lastActive;
    private SipConnectionFailure? _cause;

    public SipConnection(SipConnectionTransport transport, SipHop peer, bool isInbound, TimeProvider time)
    {
        _transport = transport;
        _time = time;
        Hop = peer with { Connection = this };
        IsInbound = isInbound;
        _lastActive = time.GetTimestamp();
    }

    /// <summary>The peer, by way of this connection.</summary>
    public SipHop Hop { get; }

    /// <summary>Whether the peer opened it.</summary>
    public bool IsInbound { get; }

    /// <summary>Whether it is open or has been; for TLS with the handshake done.</summary>
    public bool WasOpen { get; private set; }

    /// <summary>Ends when the connection has.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    /// <summary>Opens the connection and serves it, on another thread.</summary>
    public void Run(Func<CancellationToken, Task<Stream>> open, SipMessageArrived onMessage) =>
        Running = Task.Run(() => ServeAsync(open, onMessage), CancellationToken.None);

    /// <summary>Queues a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="number">The how manieth it is, from 1; see <see cref="MayHaveLeft"/>.</param>
    public SipQueued Send(ReadOnlySpan<byte> message, out long number)
    {
        lock (_gate)
        {
            number = 0;
            if (_ended)
                return SipQueued.Ended;
            if (_waitingBytes + message.Length > _transport.Limits.MaxQueuedBytes)
                return SipQueued.Full;
            if (_waitingBytes + message.Length > _waiting.Length)
                Array.Resize(ref _waiting, Math.Max(2 * _waiting.Length, _waitingBytes + message.Length));
            message.CopyTo(_waiting.AsSpan(_waitingBytes));
            _waitingBytes += message.Length;
            number = ++_queued;
            _lastActive = _time.GetTimestamp();
            if (!WasOpen || _isSending)
                return SipQueued.Yes;
            _isSending = true;
        }
        // Runs until the socket's buffer is full, and goes on from there without us.
        _sending = SendWaitingAsync();
        return SipQueued.Yes;
    }

    /// <summary>Of a connection that has ended: whether the peer may have got a message.</summary>
    public bool MayHaveLeft(long number)
    {
        lock (_gate)
            return WasOpen && number <= _handedOver && _cause is not SipConnectionFailure.HandshakeFailed;
    }

    /// <summary>Ends the connection if nothing has come or gone for long, or if the peer has not taken what we send.</summary>
    public void EndIfIdle()
    {
        SipConnectionFailure? cause;
        lock (_gate)
        {
            if (_isSending && _time.GetElapsedTime(_sendingSince) > _transport.Limits.SendTimeout)
                cause = SipConnectionFailure.TimedOut;
            else if (WasOpen && _time.GetElapsedTime(_lastActive) > _transport.Limits.IdleTimeout)
                cause = null;
            else
                return;
        }
        End(cause);
    }

    /// <summary>Ends the connection.</summary>
    /// <param name="cause">Null if it is our will.</param>
    public void End(SipConnectionFailure? cause)
    {
        lock (_gate)
        {
            if (_ended)
                return;
            _ended = true;
            _cause = cause;
            // On another thread: cancelling runs what waits for it, and the caller may hold locks.
            _cancelling = _ending.CancelAsync();
        }
    }

    private async Task ServeAsync(Func<CancellationToken, Task<Stream>> open, SipMessageArrived onMessage)
    {
        Exception? error = null;
        try
        {
            using (var deadline = new CancellationTokenSource(_transport.Limits.ConnectTimeout, _time))
            using (var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _ending.Token))
            {
                try
                {
                    _stream = await open(either.Token);
                }
                catch (OperationCanceledException) when (deadline.IsCancellationRequested && !_ending.IsCancellationRequested)
                {
                    throw new SocketException((int)SocketError.TimedOut);
                }
            }
            Opened();
            await ReceiveAsync(_stream, onMessage);
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // Ended on purpose; the cause is noted.
        }
        // Whatever goes wrong with a connection ends it, and is told.
        catch (Exception exception)
        {
            error = exception;
            End(SipConnectionErrors.CauseOf(exception, WasOpen));
        }
        End(SipConnectionFailure.ClosedByPeer);
        await _sending;
        if (_stream is not null)
            await _stream.DisposeAsync();
        await _cancelling;
        _ending.Dispose();
        _transport.Ended(this, _cause, SipConnectionErrors.Describe(_cause, error, Hop, _transport.Limits));
    }

    private void Opened()
    {
        lock (_gate)
        {
            if (_ended)
                return;
            WasOpen = true;
            _lastActive = _time.GetTimestamp();
            if (_waitingBytes == 0)
                return;
            _isSending = true;
        }
        _sending = SendWaitingAsync();
    }

    private async Task SendWaitingAsync()
    {
        try
        {
            while (true)
            {
                byte[] batch;
                int length;
                lock (_gate)
                {
                    if (_waitingBytes == 0 || _ended)
                    {
                        _isSending = false;
                        return;
                    }
                    batch = _waiting;
                    length = _waitingBytes;
                    _waiting = _spare.Length > 0 ? _spare : new byte[UsualQueueBytes];
                    _spare = [];
                    _waitingBytes = 0;
                    _handedOver = _queued;
                    _sendingSince = _time.GetTimestamp();
                }
                await _stream!.WriteAsync(batch.AsMemory(0, length), _ending.Token);
                bool isMore;
                lock (_gate)
                {
                    if (batch.Length <= LargestKeptQueueBytes)
                        _spare = batch;
                    isMore = _waitingBytes > 0;
                }
                // Who sent the first message does not stay to send what others add.
                if (isMore)
                    await Task.Yield();
            }
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // Ended on purpose, with the peer not taking what is left.
        }
        catch (Exception exception)
        {
            End(SipConnectionErrors.CauseOf(exception, wasOpen: true));
        }
    }

    private async Task ReceiveAsync(Stream stream, SipMessageArrived onMessage)
    {
        using var framer = new SipStreamFramer(_transport.Limits.MaxMessageBytes);
        while (true)
        {
            var count = await stream.ReadAsync(framer.Room(), _ending.Token);
            if (count == 0)
                return;
            framer.Arrived(count);
            if (TakeMessages(framer, onMessage))
                continue;
            await SayGoodbyeAsync(stream);
            End(SipConnectionFailure.Unframed);
            return;
        }
    }

    /// <returns>False if it cannot be known where the next message begins.</returns>
    private bool TakeMessages(SipStreamFramer framer, SipMessageArrived onMessage)
    {
        while (true)
        {
            var frame = framer.Next(out var bytes);
            switch (frame)
            {
                case SipFrame.Incomplete:
                    return true;
                case SipFrame.Message:
                    Volatile.Write(ref _lastActive, _time.GetTimestamp());
                    onMessage(bytes, Hop);
                    break;
                case SipFrame.Ping:
                    Volatile.Write(ref _lastActive, _time.GetTimestamp());
                    Send("\r\n"u8, out _);
                    break;
                case SipFrame.Unframed:
                    Refuse(bytes, 400, "Content-Length is required over a connection");
                    return false;
                case SipFrame.TooLong:
                    Refuse(bytes, 513, reason: null);
                    return false;
                case SipFrame.Endless:
                    return false;
                default:
                    throw new InvalidOperationException($"The frame {frame} is not dealt with.");
            }
        }
    }

    /// <summary>Answers a request whose body cannot be taken, as far as its headers can be read.</summary>
    private void Refuse(ReadOnlySpan<byte> headers, int status, string? reason)
    {
        if (SipRefusal.Of(headers, Hop.Remote, status, reason) is { } response)
            Send(response.ToBytes(), out _);
    }

    /// <summary>Lets what we have said reach the peer: closing with unread bytes would take it back.</summary>
    private async Task SayGoodbyeAsync(Stream stream)
    {
        using var deadline = new CancellationTokenSource(LastWords, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _ending.Token);
        try
        {
            await _sending.WaitAsync(either.Token);
            if (stream is SslStream tls)
                await tls.ShutdownAsync().WaitAsync(either.Token);
            else
                ((NetworkStream)stream).Socket.Shutdown(SocketShutdown.Send);
            var unread = new byte[4096];
            while (await stream.ReadAsync(unread, either.Token) > 0)
            {
                // It is not looked at any more.
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or SocketException)
        {
            // The peer does not wait for our answer, or for too long with closing.
        }
    }
}
