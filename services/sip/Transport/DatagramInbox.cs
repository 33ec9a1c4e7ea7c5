using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FlashCall.Sip;

/// <summary>Room for the datagrams that are received at once, and the addresses that they came from. For one thread.</summary>
/// <param name="addresses">Tells addresses as others want them.</param>
internal sealed unsafe class DatagramInbox(LocalAddresses addresses)
{
    /// <summary>The most that are received at once: more would only make the answers to the first wait.</summary>
    public const int Capacity = 64;

    // Not a power of two: the beginnings of all would fall into the same few lines of the processor's cache.
    private const int BytesEach = SipParser.MaxMessageBytes + 1 + 5 * 64;
    private const int Known = 64;

    // None of these moves, so that the kernel can be pointed to them once. Of the bytes only the pages are ever touched that are used.
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(Capacity * BytesEach, pinned: true);
    private readonly byte[] _from = GC.AllocateArray<byte>(Capacity * DatagramCalls.AddressBytes, pinned: true);
    private readonly Datagram.Part[] _parts = GC.AllocateArray<Datagram.Part>(Capacity, pinned: true);
    private readonly Datagram[] _datagrams = GC.AllocateArray<Datagram>(Capacity, pinned: true);

    // Few peers send most, so their addresses are read once; a slot holds the last one that fell to it.
    private readonly byte[] _knownBytes = new byte[Known * DatagramCalls.AddressBytes];
    private readonly IPEndPoint?[] _known = new IPEndPoint[Known];
    private bool _isPointed;

    /// <summary>Waits for a datagram, and takes as many as have come.</summary>
    /// <returns>How many; -1 if it failed, and the P/Invoke error says why.</returns>
    public int Receive(SafeSocketHandle socket)
    {
        if (!_isPointed)
            Point();
        foreach (ref var datagram in _datagrams.AsSpan())
            datagram.AddressLength = DatagramCalls.AddressBytes;
        return DatagramCalls.Receive(socket, _datagrams);
    }

    /// <summary>The bytes of a datagram, valid until the next are received.</summary>
    public ReadOnlySpan<byte> BytesOf(int index) => _bytes.AsSpan(index * BytesEach, _datagrams[index].Length);

    /// <summary>Where a datagram came from.</summary>
    public IPEndPoint SourceOf(int index)
    {
        var raw = _from.AsSpan(index * DatagramCalls.AddressBytes, _datagrams[index].AddressLength);
        var hash = new HashCode();
        hash.AddBytes(raw);
        var slot = (int)((uint)hash.ToHashCode() % Known);
        var known = _knownBytes.AsSpan(slot * DatagramCalls.AddressBytes, DatagramCalls.AddressBytes);
        // The bytes after a shorter address are zero, and the family stands at its beginning.
        if (_known[slot] is { } source && known[..raw.Length].SequenceEqual(raw))
            return source;
        raw.CopyTo(known);
        known[raw.Length..].Clear();
        return _known[slot] = addresses.Unmapped(EndPointOf(raw));
    }

    private static IPEndPoint EndPointOf(ReadOnlySpan<byte> raw)
    {
        var family = raw.Length > 16 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        var address = new SocketAddress(family, raw.Length);
        raw.CopyTo(address.Buffer.Span);
        return (IPEndPoint)new IPEndPoint(family is AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0).Create(address);
    }

    private void Point()
    {
        for (var i = 0; i < Capacity; i++)
        {
            _parts[i].Point(Unsafe.AsPointer(ref _bytes[i * BytesEach]), SipParser.MaxMessageBytes);
            _datagrams[i].Point(
                Unsafe.AsPointer(ref _from[i * DatagramCalls.AddressBytes]),
                (Datagram.Part*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_parts)) + i);
        }
        _isPointed = true;
    }
}
