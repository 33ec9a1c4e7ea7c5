using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FlashCall.Sip.Tests;

/// <summary>A small name server on a UDP socket of the test process (RFC 1035 §4).</summary>
internal sealed class DnsServer : IAsyncDisposable
{
    private const ushort Srv = 33;

    private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly ConcurrentDictionary<(string Name, ushort Type), byte[][]> _records = new();
    private readonly ConcurrentQueue<string> _asked = new();
    private readonly Task _serving;

    public DnsServer() => _serving = ServeAsync();

    public IPEndPoint EndPoint => (IPEndPoint)_socket.Client.LocalEndPoint!;

    /// <summary>The names that were asked for, with the type's number.</summary>
    public string[] Asked => [.. _asked];

    /// <summary>The response code of every answer; 2 is a failing server. Negative answers nothing.</summary>
    public int ResponseCode { get; set; }

    /// <summary>Holds answers back until it is set.</summary>
    public Task Hold { get; set; } = Task.CompletedTask;

    public uint TimeToLive { get; set; } = 60;

    public DnsServer Address(string name, params string[] addresses)
    {
        foreach (var group in addresses.Select(IPAddress.Parse).GroupBy(address => address.AddressFamily))
            _records[(name, (ushort)(group.Key == AddressFamily.InterNetwork ? 1 : 28))] = [.. group.Select(address => address.GetAddressBytes())];
        return this;
    }

    public DnsServer Service(string name, params (ushort Priority, ushort Weight, ushort Port, string Host)[] services)
    {
        _records[(name, Srv)] =
        [
            .. services.Select(one => (byte[])[.. Number(one.Priority), .. Number(one.Weight), .. Number(one.Port), .. Name(one.Host)]),
        ];
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _serving;
    }

    private static byte[] Number(ushort number)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, number);
        return bytes;
    }

    private static byte[] Name(string name) =>
    [
        .. name.Split('.', StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]),
        0,
    ];

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var query = await _socket.ReceiveAsync();
                _ = AnswerAsync(query);
            }
        }
        catch (Exception exception) when (exception is ObjectDisposedException or SocketException)
        {
            // The end of the test.
        }
    }

    private async Task AnswerAsync(UdpReceiveResult query)
    {
        var labels = new List<string>();
        var at = 12;
        for (; query.Buffer[at] > 0; at += query.Buffer[at] + 1)
            labels.Add(Encoding.ASCII.GetString(query.Buffer, at + 1, query.Buffer[at]));
        var name = string.Join('.', labels);
        var type = BinaryPrimitives.ReadUInt16BigEndian(query.Buffer.AsSpan(at + 1));
        _asked.Enqueue($"{name} {type}");
        await Hold;
        if (ResponseCode < 0)
            return;
        var records = ResponseCode == 0 && _records.TryGetValue((name, type), out var known) ? known : [];
        var exists = _records.Keys.Any(key => key.Name == name);
        byte[] ttl = [.. Number((ushort)(TimeToLive >> 16)), .. Number((ushort)TimeToLive)];
        byte[] response =
        [
            .. query.Buffer[..2], 0x81, (byte)(0x80 | (ResponseCode != 0 ? ResponseCode : exists ? 0 : 3)),
            0, 1, .. Number((ushort)records.Length), 0, 0, 0, 0,
            .. query.Buffer[12..(at + 5)],
            // A pointer to the name of the question, type, class IN.
            .. records.SelectMany(data => (byte[])[0xc0, 12, .. Number(type), 0, 1, .. ttl, .. Number((ushort)data.Length), .. data]),
        ];
        try
        {
            await _socket.SendAsync(response, query.RemoteEndPoint);
        }
        catch (ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
