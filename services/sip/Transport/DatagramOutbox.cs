using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FlashCall.Sip;

/// <summary>What a thread sends while it is busy with several messages or timers, kept together and handed to the kernel at once. For one
/// thread, and at a time for one transport.</summary>
internal sealed unsafe class DatagramOutbox
{
    private const int Capacity = 64;
    private const int Bytes = 64 * 1024;

    // None of these moves, so that the kernel can be pointed to them.
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(Bytes, pinned: true);
    private readonly byte[] _to = GC.AllocateArray<byte>(Capacity * DatagramCalls.AddressBytes, pinned: true);
    private readonly Datagram.Part[] _parts = GC.AllocateArray<Datagram.Part>(Capacity, pinned: true);
    private readonly Datagram[] _datagrams = GC.AllocateArray<Datagram>(Capacity, pinned: true);
    private Action? _onUnsent;
    private int _count;
    private int _used;

    /// <summary>Whom it is open for; null while it is closed.</summary>
    public SafeSocketHandle? Socket { get; private set; }

    /// <summary>Opens it for a transport.</summary>
    /// <param name="socket">The transport's socket.</param>
    /// <param name="onUnsent">Told of each datagram that could not be sent.</param>
    public void Open(SafeSocketHandle socket, Action onUnsent) => (Socket, _onUnsent) = (socket, onUnsent);

    /// <summary>Sends what is in it, and closes it.</summary>
    public void Close()
    {
        Send();
        (Socket, _onUnsent) = (null, null);
    }

    /// <summary>Puts a datagram to the others, which are sent before if it does not fit beside them.</summary>
    /// <returns>False if it fits no outbox.</returns>
    public bool TryAdd(ReadOnlySpan<byte> message, SocketAddress to)
    {
        if (message.Length > Bytes || to.Size > DatagramCalls.AddressBytes)
            return false;
        if (_count == Capacity || message.Length > Bytes - _used)
            Send();
        // An empty one has no first byte to point to.
        var start = Unsafe.AsPointer(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_bytes), _used));
        message.CopyTo(_bytes.AsSpan(_used));
        var address = _to.AsSpan(_count * DatagramCalls.AddressBytes, to.Size);
        to.Buffer.Span[..to.Size].CopyTo(address);
        ref var part = ref _parts[_count];
        part.Point(start, message.Length);
        ref var datagram = ref _datagrams[_count];
        datagram.Point(Unsafe.AsPointer(ref address[0]), (Datagram.Part*)Unsafe.AsPointer(ref part));
        datagram.AddressLength = to.Size;
        _used += message.Length;
        _count++;
        return true;
    }

    /// <summary>Sends them all. One that cannot be sent does not keep the others.</summary>
    public void Send()
    {
        for (var next = 0; next < _count;)
        {
            var sent = SendFrom(next);
            next += Math.Max(0, sent);
            // The kernel ends at the first that fails, and says so only where it is the first of all.
            if (sent <= 0)
            {
                _onUnsent!();
                next++;
            }
        }
        _count = _used = 0;
    }

    private int SendFrom(int next)
    {
        const int Interrupted = 4;
        try
        {
            while (true)
            {
                var sent = DatagramCalls.Send(Socket!, _datagrams.AsSpan(next, _count - next));
                if (sent >= 0 || Marshal.GetLastPInvokeError() != Interrupted)
                    return sent;
            }
        }
        catch (ObjectDisposedException)
        {
            return -1;
        }
    }
}
