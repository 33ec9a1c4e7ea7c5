using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FlashCall.Sip;

/// <summary>What a thread sends while it is busy with several messages or timers, kept together and handed to the kernel at once. Messages
/// of one length that follow each other to the same peer, as the CANCELs and ACKs of many calls do, go through the kernel's layers as one.
/// For one thread, and at a time for one transport.</summary>
internal sealed unsafe class DatagramOutbox
{
    private const int Capacity = 64;
    private const int Bytes = 64 * 1024;
    // Of several messages that go as one: what a datagram of IPv4 may hold.
    private const int MostTogether = 65507;

    // None of these moves, so that the kernel can be pointed to them.
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(Bytes, pinned: true);
    private readonly byte[] _to = GC.AllocateArray<byte>(Capacity * DatagramCalls.AddressBytes, pinned: true);
    private readonly Datagram.Part[] _parts = GC.AllocateArray<Datagram.Part>(Capacity, pinned: true);
    private readonly Datagram.Division[] _divisions = GC.AllocateArray<Datagram.Division>(Capacity, pinned: true);
    private readonly Datagram[] _datagrams = GC.AllocateArray<Datagram>(Capacity, pinned: true);
    private readonly Run[] _runs = new Run[Capacity];
    private Action? _onUnsent;
    // Until the kernel, or a device, turns out not to divide.
    private bool _divides = true;
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
        var continues = Continues(message, to);
        if ((_count == Capacity && !continues) || message.Length > Bytes - _used)
        {
            Send();
            continues = false;
        }
        message.CopyTo(_bytes.AsSpan(_used));
        if (continues)
            _runs[_count - 1].Messages++;
        else
            Begin(message.Length, to);
        _used += message.Length;
        return true;
    }

    /// <summary>Sends them all. One that cannot be sent does not keep the others.</summary>
    public void Send()
    {
        for (var i = 0; i < _count; i++)
            Point(i);
        for (var next = 0; next < _count;)
        {
            var sent = SendFrom(_datagrams.AsSpan(next, _count - next));
            next += Math.Max(0, sent);
            // The kernel ends at the first that fails, and says so only where it is the first of all.
            if (sent <= 0)
                SendOneByOne(_runs[next++]);
        }
        _count = _used = 0;
    }

    private bool Continues(ReadOnlySpan<byte> message, SocketAddress to)
    {
        if (!_divides || _count == 0 || message.IsEmpty)
            return false;
        ref var last = ref _runs[_count - 1];
        return last.Length == message.Length && last.Messages < Datagram.Division.Most
            && (last.Messages + 1) * message.Length <= MostTogether
            && AddressAt(_count - 1)[..last.AddressLength].SequenceEqual(to.Buffer.Span[..to.Size]);
    }

    private void Begin(int length, SocketAddress to)
    {
        to.Buffer.Span[..to.Size].CopyTo(AddressAt(_count));
        _runs[_count] = new Run { Place = _count, Start = _used, Length = length, AddressLength = to.Size, Messages = 1 };
        _count++;
    }

    private Span<byte> AddressAt(int index) => _to.AsSpan(index * DatagramCalls.AddressBytes, DatagramCalls.AddressBytes);

    private void Point(int index)
    {
        var run = _runs[index];
        Point(run, run.Start, run.Messages * run.Length);
        if (run.Messages == 1)
            return;
        _divisions[index] = new Datagram.Division(run.Length);
        _datagrams[index].Divide((Datagram.Division*)Unsafe.AsPointer(ref _divisions[index]));
    }

    private void Point(Run run, int start, int length)
    {
        ref var part = ref _parts[run.Place];
        // An empty one has no first byte to point to.
        part.Point(Unsafe.AsPointer(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_bytes), start)), length);
        ref var datagram = ref _datagrams[run.Place];
        datagram.Point(Unsafe.AsPointer(ref AddressAt(run.Place)[0]), (Datagram.Part*)Unsafe.AsPointer(ref part));
        datagram.AddressLength = run.AddressLength;
    }

    /// <summary>Messages that did not leave as one may do so one by one, all or some of them.</summary>
    private void SendOneByOne(Run run)
    {
        const int InputOutput = 5;
        const int Invalid = 22;
        const int TooLong = 90;
        if (run.Messages == 1)
        {
            _onUnsent!();
            return;
        }
        var mayBeDividing = Marshal.GetLastPInvokeError() is InputOutput or Invalid or TooLong;
        var sent = 0;
        for (var i = 0; i < run.Messages; i++)
        {
            Point(run, run.Start + i * run.Length, run.Length);
            if (SendFrom(_datagrams.AsSpan(run.Place, 1)) > 0)
                sent++;
            else
                _onUnsent!();
        }
        if (mayBeDividing && sent == run.Messages)
            _divides = false;
    }

    private int SendFrom(ReadOnlySpan<Datagram> datagrams)
    {
        const int Interrupted = 4;
        try
        {
            while (true)
            {
                var sent = DatagramCalls.Send(Socket!, datagrams);
                if (sent >= 0 || Marshal.GetLastPInvokeError() != Interrupted)
                    return sent;
            }
        }
        catch (ObjectDisposedException)
        {
            return -1;
        }
    }

    /// <summary>Messages of one length, one after the other, for one peer.</summary>
    [StructLayout(LayoutKind.Auto)]
    private struct Run
    {
        public int Place;
        public int Start;
        public int Length;
        public int AddressLength;
        public int Messages;
    }
}
