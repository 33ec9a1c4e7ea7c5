using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using FlashCall.Sip;

namespace FlashCall.Dialer.Tests.Support;

/// <summary>What becomes of a datagram on its way.</summary>
internal enum Fate
{
    Arrives,
    ArrivesTwice,

    /// <summary>Others may overtake it.</summary>
    ArrivesLate,
    IsLost,
}

/// <summary>A datagram that left one side.</summary>
/// <param name="ToPhone">Or to the dialer.</param>
/// <param name="Message">What it was.</param>
/// <param name="Fate">What became of it.</param>
/// <param name="At">When it arrived, or was lost (UTC).</param>
internal sealed record Passage(bool ToPhone, SipMessage Message, Fate Fate, DateTimeOffset At)
{
    /// <summary>How often it arrived.</summary>
    public int Arrivals => Fate switch { Fate.IsLost => 0, Fate.ArrivesTwice => 2, _ => 1 };

    /// <summary>The method of a request, the status and method of a response.</summary>
    public string Kind => KindOf(Message);

    public static string KindOf(SipMessage message) =>
        message is SipResponse response ? $"{response.Status} {response.CSeq.Method}" : message.CSeq.Method;
}

/// <summary>
/// A UDP path between the dialer and a phone, on which datagrams get lost, come twice or late, and a log of what arrived: what the dialer
/// knew can be told from it. It names itself in the INVITE's Record-Route, so that the requests of an answered call take the path too.
/// </summary>
internal sealed class LossyPath : IAsyncDisposable
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMilliseconds(60);

    private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly IPEndPoint _phone;
    private readonly Func<bool, SipMessage, Fate> _decide;
    private readonly ConcurrentQueue<Passage> _passages = new();
    private readonly ConcurrentDictionary<Task, bool> _onTheWay = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _sending = new();
    private readonly Task _forwarding;
    private IPEndPoint? _dialer;

    /// <summary>Opens it.</summary>
    /// <param name="phone">Its far end.</param>
    /// <param name="decide">What becomes of a message to the phone (true) or to the dialer; asked for one at a time.</param>
    public LossyPath(IPEndPoint phone, Func<bool, SipMessage, Fate> decide)
    {
        _phone = phone;
        _decide = decide;
        _forwarding = Task.Run(ForwardAsync);
    }

    /// <summary>Where the dialer finds the phone.</summary>
    public string Address => _socket.Client.LocalEndPoint!.ToString()!;

    /// <summary>The messages of one call in the order in which they arrived or were lost, by the number that the INVITE calls.</summary>
    public IReadOnlyList<Passage> PassagesOf(string callee)
    {
        var passages = _passages.ToArray();
        var calls = passages.Select(passage => passage.Message)
            .Where(message => message is SipRequest { Method: SipMethod.Invite } invite && invite.Uri.User == callee)
            .Select(invite => invite.CallId).ToHashSet(StringComparer.Ordinal);
        return [.. passages.Where(passage => calls.Contains(passage.Message.CallId))];
    }

    /// <summary>A path that loses one in five, doubles one in ten, delays one in ten.</summary>
    public static Func<bool, SipMessage, Fate> Poor(int seed)
    {
        var random = new Random(seed);
        return (_, _) => random.Next(100) switch
        {
            < 20 => Fate.IsLost,
            < 30 => Fate.ArrivesTwice,
            < 40 => Fate.ArrivesLate,
            _ => Fate.Arrives,
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _forwarding;
        await Task.WhenAll(_onTheWay.Keys);
        _socket.Dispose();
        _closing.Dispose();
    }

    private async Task ForwardAsync()
    {
        var random = new Random(1);
        while (!_closing.IsCancellationRequested)
        {
            UdpReceiveResult datagram;
            try
            {
                datagram = await _socket.ReceiveAsync(_closing.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            // What came in vain to a peer that has gone, reported by ICMP.
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
            {
                continue;
            }
            var toPhone = !datagram.RemoteEndPoint.Equals(_phone);
            if (toPhone)
                _dialer = datagram.RemoteEndPoint;
            if (!SipParser.TryParse(datagram.Buffer, out var message, out var error))
                throw new InvalidOperationException($"Somebody sent what is no SIP message: {error}");
            var fate = _decide(toPhone, message);
            var bytes = message is SipRequest { Method: SipMethod.Invite } ? WithRecordRoute(datagram.Buffer) : datagram.Buffer;
            if (fate == Fate.ArrivesLate)
                SendLater(random.NextDouble() * LongestDelay, toPhone, message, bytes);
            else
                Pass(toPhone, message, fate, bytes);
        }
    }

    private void SendLater(TimeSpan delay, bool toPhone, SipMessage message, byte[] bytes)
    {
        var sending = Task.Run(async () =>
        {
            await Task.Delay(delay, CancellationToken.None);
            Pass(toPhone, message, Fate.ArrivesLate, bytes);
        });
        _onTheWay[sending] = true;
    }

    // Under a lock, so that the log has the order of arrival.
    private void Pass(bool toPhone, SipMessage message, Fate fate, byte[] bytes)
    {
        lock (_sending)
        {
            var passage = new Passage(toPhone, message, fate, DateTimeOffset.UtcNow);
            _passages.Enqueue(passage);
            for (var arrival = 0; arrival < passage.Arrivals; arrival++)
                _socket.Send(bytes, toPhone ? _phone : _dialer);
        }
    }

    private byte[] WithRecordRoute(byte[] invite)
    {
        var firstLine = invite.AsSpan().IndexOf("\r\n"u8) + 2;
        var route = Encoding.ASCII.GetBytes($"Record-Route: <sip:{Address};lr>\r\n");
        return [.. invite.AsSpan(0, firstLine), .. route, .. invite.AsSpan(firstLine)];
    }
}
