namespace FlashCall.Fraud.Counting;

/// <summary>What is counted, listed or blocked. The numbers are stored: append only.</summary>
internal enum SubjectKind
{
    /// <summary>The number to be rung, E.164.</summary>
    Number = 1,

    /// <summary>The first 4 to 7 digits of the number, calling code included: <c>+467012</c>.</summary>
    Prefix = 2,

    /// <summary>The number without its last 2 or 3 digits: a block of 100 or 1000.</summary>
    Block = 3,

    /// <summary>The client's address: an IPv4 address or an IPv6 /64.</summary>
    Address = 4,

    /// <summary>The network around it: an IPv4 /24 or an IPv6 /48.</summary>
    Network = 5,

    /// <summary>The device as its application names it.</summary>
    Device = 6,

    /// <summary>The application that asks.</summary>
    Application = 7,

    /// <summary>The country, or the calling code that no country has.</summary>
    Destination = 8,

    /// <summary>A device together with a number: whether they were seen together before.</summary>
    DeviceWithNumber = 9,

    /// <summary>A trunk of the dialer.</summary>
    Trunk = 10,

    /// <summary>Up to three numbers below and above: the subjects are numbers, which is how they are stored.</summary>
    Neighbour = 11,
}

/// <summary>One of whom or which there is a count.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Key">Which one, as it is stored: personal data for most kinds.</param>
internal readonly record struct Subject(SubjectKind Kind, string Key)
{
    /// <summary>Tells subjects apart as they do themselves, at a third of the cost. For what was recorded: who
    /// sends requests could choose keys that meet.</summary>
    public static IEqualityComparer<Subject> ByText { get; } = new TextComparer();

    /// <summary>Fit for events and logs: prefixes and networks as they are, people's and devices' own hidden.</summary>
    public string Masked => Kind switch
    {
        SubjectKind.Prefix or SubjectKind.Network or SubjectKind.Application or SubjectKind.Destination or SubjectKind.Trunk => Key,
        SubjectKind.Number when Key.Length > 7 => string.Concat(Key.AsSpan(0, 5), "•••", Key.AsSpan(Key.Length - 2)),
        SubjectKind.Address when Key.LastIndexOfAny(['.', ':']) is > 0 and var last => string.Concat(Key.AsSpan(0, last + 1), "•••"),
        SubjectKind.Device when Key.Length > 8 => string.Concat(Key.AsSpan(0, 8), "•••"),
        _ => "•••",
    };

    /// <summary>The masked form.</summary>
    public override string ToString() => $"{Kind} {Masked}";

    private sealed class TextComparer : IEqualityComparer<Subject>
    {
        public bool Equals(Subject x, Subject y) => x.Kind == y.Kind && string.Equals(x.Key, y.Key);

        public int GetHashCode(Subject subject)
        {
            const ulong Multiplier = 0x9E3779B97F4A7C15;
            var hash = ((ulong)subject.Kind + 1) * Multiplier;
            var rest = System.Runtime.InteropServices.MemoryMarshal.AsBytes(subject.Key.AsSpan());
            for (; rest.Length >= sizeof(ulong); rest = rest[sizeof(ulong)..])
            {
                hash = (hash ^ System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(rest)) * Multiplier;
                hash ^= hash >> 32;
            }
            for (; rest.Length > 0; rest = rest[1..])
                hash = (hash ^ rest[0]) * Multiplier;
            return (int)(hash >> 32);
        }
    }
}

/// <summary>What is counted of a subject. All are whole numbers that only add up, so that their order does not matter. The numbers are
/// stored: append only.</summary>
internal enum Measure
{
    /// <summary>Requests, blocked ones too.</summary>
    Requests = 1,

    /// <summary>Requests let through, at the time they were made; one that never rang is taken back.</summary>
    Rings = 2,

    /// <summary>Those of them that verified the number, at the time the request was made.</summary>
    Verified = 3,

    /// <summary>Sessions that are open: 1 more at the request, 1 less at the end, both at the time of the request.</summary>
    Open = 4,

    /// <summary>Calls that are over, at the time they were.</summary>
    Calls = 5,

    /// <summary>Those of them that were answered.</summary>
    Answered = 6,

    /// <summary>Sessions in which somebody reported a caller ID.</summary>
    Reported = 7,

    /// <summary>Wrong reports.</summary>
    WrongReports = 8,

    /// <summary>Numbers that were not asked for within the last day: in a block, or by a device.</summary>
    NewNumbers = 9,

    /// <summary>What the calls cost, in millionths of the policy's currency.</summary>
    Spend = 10,

    /// <summary>Requests that were blocked for what they are, and not for where they go or because a block stands.</summary>
    Refused = 11,

    /// <summary>Blocks of narrower prefixes that were raised for the first time: of a prefix.</summary>
    NarrowerBlocks = 12,
}
