using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FlashCall.Sip;

/// <summary>
/// Refused INVITEs one after another in plain bytes: the garbage collector moves a page as one block, or not at all once it is old, and
/// looks at nothing in it. What they share, where they were sent and who is told of a late 2xx, stands beside the bytes once.
/// </summary>
internal sealed class SipRefusedPage
{
    // Below the size at which arrays are collected only with everything else (85,000 bytes): growing would each time bring that about.
    private const int Size = 64 * 1024;

    // What calls share they share with those just before them; that one is noted twice does no harm.
    private const int Looked = 8;

    private readonly List<(SipHop Hop, object Who)> _ends = [];
    private readonly byte[] _bytes;
    private int _oldest;
    private int _end;

    /// <param name="way">The least that it has to have room for: an INVITE with a way of this length.</param>
    public SipRefusedPage(int way) =>
        _bytes = GC.AllocateUninitializedArray<byte>(Math.Max(Size, Unsafe.SizeOf<Head>() + way));

    /// <summary>Whether it is as large as most are.</summary>
    public bool IsOfUsualSize => _bytes.Length == Size;

    /// <summary>Whether all are past.</summary>
    public bool IsOver => _oldest == _end;

    /// <summary>When the one came that came first of those not past.</summary>
    public long Since => HeadAt(_oldest).Since;

    /// <summary>Its branch; null if it was let go before.</summary>
    public SipBranch? Branch => HeadAt(_oldest) is { End: >= 0 } head ? head.Branch : null;

    /// <summary>Whether an INVITE with a way of this length has room in an empty page of the usual size.</summary>
    public static bool HasUsualRoom(int way) => Unsafe.SizeOf<Head>() + way <= Size;

    /// <summary>Adds one, if there is room.</summary>
    /// <param name="invite">What is kept of it.</param>
    /// <param name="way">Its request line and its routes.</param>
    /// <param name="since">When it was refused.</param>
    /// <param name="place">Where it is found again.</param>
    public bool TryAdd(in SipRefusedInvite invite, ReadOnlySpan<byte> way, long since, out int place)
    {
        place = _end;
        var length = Unsafe.SizeOf<Head>() + way.Length;
        if (_bytes.Length - _end < length)
            return false;
        var head = new Head
        {
            Branch = invite.Branch,
            Since = since,
            Call = invite.After.Call,
            End = EndOf(invite.Hop, invite.After.Who),
            Way = way.Length,
        };
        MemoryMarshal.Write(_bytes.AsSpan(_end), in head);
        way.CopyTo(_bytes.AsSpan(_end + Unsafe.SizeOf<Head>()));
        _end += length;
        return true;
    }

    /// <summary>One that was added, and not let go.</summary>
    /// <param name="place">Where it was added.</param>
    /// <param name="way">A copy of its way.</param>
    public SipRefusedInvite At(int place, out byte[] way)
    {
        var head = HeadAt(place);
        way = _bytes.AsSpan(place + Unsafe.SizeOf<Head>(), head.Way).ToArray();
        var (hop, who) = _ends[head.End];
        return new SipRefusedInvite(head.Branch, hop, SipAfterRefusal.Of(who, head.Call));
    }

    /// <summary>Lets one go before its time. Its place stays.</summary>
    public void LetGo(int place)
    {
        var head = HeadAt(place) with { End = -1 };
        MemoryMarshal.Write(_bytes.AsSpan(place), in head);
    }

    /// <summary>The oldest is past.</summary>
    public void Pass() => _oldest += Unsafe.SizeOf<Head>() + HeadAt(_oldest).Way;

    /// <summary>Makes it a page without any.</summary>
    public void Clear()
    {
        _ends.Clear();
        _oldest = _end = 0;
    }

    private Head HeadAt(int place) => MemoryMarshal.Read<Head>(_bytes.AsSpan(place));

    private int EndOf(SipHop hop, object who)
    {
        for (var i = _ends.Count - 1; i >= Math.Max(0, _ends.Count - Looked); i--)
        {
            if (ReferenceEquals(_ends[i].Who, who) && _ends[i].Hop == hop)
                return i;
        }
        _ends.Add((hop, who));
        return _ends.Count - 1;
    }

    /// <summary>What stands before each way. Without references, so that bytes can hold it.</summary>
    [StructLayout(LayoutKind.Auto)]
    private struct Head
    {
        public SipBranch Branch;
        public long Since;
        public Guid Call;
        public int Way;

        /// <summary>Which of the page's ends; negative if it was let go.</summary>
        public int End;
    }
}
