using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace FlashCall.Sip;

/// <summary>Linux's calls for several datagrams at once, recvmmsg(2) and sendmmsg(2): for messages of a few hundred bytes the way into the
/// kernel and back is a good part of what they cost.</summary>
internal static unsafe partial class DatagramCalls
{
    /// <summary>Room for an address of either family (sockaddr_in is 16 bytes, sockaddr_in6 28).</summary>
    public const int AddressBytes = 32;

    private const string C = "libc";
    // MSG_WAITFORONE: block for the first, and take of the others what is there.
    private const int WaitForOne = 0x10000;
    private const int NoSignal = 0x4000;
    private const int ShutdownBoth = 2;

    /// <summary>Whether this system has them in the form that is declared here.</summary>
    public static bool AreThere { get; } = OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    /// <summary>Waits for a datagram, and takes as many as have come.</summary>
    /// <returns>How many; -1 if it failed, and the P/Invoke error says why.</returns>
    public static int Receive(SafeSocketHandle socket, Span<Datagram> datagrams)
    {
        fixed (Datagram* first = datagrams)
            return ReceiveMany(socket, first, (uint)datagrams.Length, WaitForOne, null);
    }

    /// <summary>Sends datagrams in their order.</summary>
    /// <returns>How many left before one failed; -1 if the first did, and the P/Invoke error says why.</returns>
    public static int Send(SafeSocketHandle socket, ReadOnlySpan<Datagram> datagrams)
    {
        fixed (Datagram* first = datagrams)
            return SendMany(socket, first, (uint)datagrams.Length, NoSignal);
    }

    /// <summary>Wakes who waits in <see cref="Receive"/>, now and from now on. Linux does so although it says that the socket is not
    /// connected.</summary>
    public static void Wake(SafeSocketHandle socket) => _ = Shutdown(socket, ShutdownBoth);

    [LibraryImport(C, EntryPoint = "recvmmsg", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ReceiveMany(SafeSocketHandle socket, Datagram* datagrams, uint count, int flags, void* timeout);

    [LibraryImport(C, EntryPoint = "sendmmsg", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SendMany(SafeSocketHandle socket, Datagram* datagrams, uint count, int flags);

    [LibraryImport(C, EntryPoint = "shutdown", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Shutdown(SafeSocketHandle socket, int how);
}

/// <summary>One datagram for the kernel: struct mmsghdr. Points to memory that must not move.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Datagram
{
    // struct msghdr.
    private void* _address;
    private uint _addressLength;
    private Part* _parts;
    private nuint _partCount;
    private void* _control;
    private nuint _controlLength;
    // An int, and the rest of the word that the structure ends with.
    private nint _flags;

    // The rest of struct mmsghdr.
    private uint _length;

    /// <summary>How many bytes were received.</summary>
    public readonly int Length => (int)_length;

    /// <summary>How many bytes the address has, or may have.</summary>
    public int AddressLength
    {
        readonly get => (int)_addressLength;
        set => _addressLength = (uint)value;
    }

    /// <summary>Points it to its address and to its bytes.</summary>
    public void Point(void* address, Part* bytes)
    {
        _address = address;
        _parts = bytes;
        _partCount = 1;
        _control = null;
        _controlLength = 0;
    }

    /// <summary>Has it sent in pieces of one length, each a datagram of its own.</summary>
    public void Divide(Division* into)
    {
        _control = into;
        _controlLength = (nuint)sizeof(Division);
    }

    /// <summary>Asks the kernel to divide what it is given (udp(7), UDP_SEGMENT): struct cmsghdr and the length of a piece, at most
    /// <see cref="Most"/> of them.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 24)]
    public struct Division
    {
        /// <summary>The most pieces that all kernels take which know of them (from Linux 4.18 on).</summary>
        public const int Most = 64;

        private const int Header = 16;
        private const int Udp = 17;
        private const int Segment = 103;

        private nuint _length;
        private int _level;
        private int _type;
        private ushort _piece;

        /// <summary>Pieces of this length.</summary>
        public Division(int piece) => (_length, _level, _type, _piece) = (Header + sizeof(ushort), Udp, Segment, (ushort)piece);
    }

    /// <summary>Where the bytes of a datagram are: struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Part
    {
        private void* _start;
        private nuint _length;

        /// <summary>Points it to bytes.</summary>
        public void Point(void* start, int length)
        {
            _start = start;
            _length = (nuint)length;
        }
    }
}
