using System.Buffers.Binary;
using System.Text;

namespace FlashCall.EventLog;

/// <summary>Reads rows in PostgreSQL's binary COPY format (PostgreSQL documentation, COPY, "Binary Format"): whole rows at once, without
/// a value of its own for each column.</summary>
internal static class CopiedRows
{
    /// <summary>All events, as the columns name them: those of sessions that ended long ago are in the archive. One statement sees each in
    /// one place.</summary>
    public const string Source =
        """
        (select seq_id, stream_id, version, type, timestamp, correlation_id, causation_id, is_archived, data from mt_events
         union all
         select seq_id, stream_id, version, type, timestamp, correlation_id, causation_id, true, data from archived_events) e
        """;

    /// <summary>The columns that are read, in this order; one more may follow.</summary>
    public const string Columns =
        "e.seq_id, e.stream_id, e.version, e.type, e.timestamp, e.correlation_id, e.causation_id, e.is_archived, e.data";

    private const int ColumnCount = 9;

    /// <summary>The version that jsonb is sent in, before its text.</summary>
    private const byte JsonbVersion = 1;

    private static readonly DateTimeOffset Epoch = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static ReadOnlySpan<byte> Signature => [0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00];

    /// <summary>Reads all rows of one COPY.</summary>
    /// <param name="copy">Everything that was sent. The events refer to it.</param>
    /// <param name="into">Where the rows go.</param>
    /// <param name="fits">Whether a row is wanted, by its last column; null where all are.</param>
    /// <exception cref="InvalidDataException">This is no such COPY.</exception>
    public static void Read(ReadOnlyMemory<byte> copy, List<StoredEvent> into, Func<ReadOnlySpan<byte>, bool>? fits)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
        var row = new Reader(copy);
        if (!row.Bytes(Signature.Length).Span.SequenceEqual(Signature))
            throw new InvalidDataException("PostgreSQL sent something else than a binary COPY.");
        row.Bytes(sizeof(int));
        row.Bytes(row.Int32());
        for (var columns = row.Int16(); columns != -1; columns = row.Int16())
        {
            if (columns != (fits is null ? ColumnCount : ColumnCount + 1))
                throw new InvalidDataException($"PostgreSQL sent {columns} columns of an event.");
            var stored = Event(ref row, names);
            if (fits is null || fits(row.Field().Span))
                into.Add(stored);
        }
    }

    private static StoredEvent Event(ref Reader row, Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> names) => new()
    {
        Sequence = BinaryPrimitives.ReadInt64BigEndian(row.Field().Span),
        StreamId = new Guid(row.Field().Span, bigEndian: true),
        Version = BinaryPrimitives.ReadInt64BigEndian(row.Field().Span),
        Type = Name(row.Field().Span, names),
        Timestamp = Epoch.AddTicks(BinaryPrimitives.ReadInt64BigEndian(row.Field().Span) * TimeSpan.TicksPerMicrosecond),
        CorrelationUtf8 = row.Field(),
        CausationUtf8 = row.Field(),
        IsArchived = row.Field().Span is [not 0],
        Data = Json(row.Field()),
    };

    private static ReadOnlyMemory<byte> Json(ReadOnlyMemory<byte> jsonb) => jsonb.Span is [JsonbVersion, ..]
        ? jsonb[1..]
        : throw new InvalidDataException("PostgreSQL sent jsonb in a version that is not known.");

    /// <summary>There are few names of events: each is made once a page.</summary>
    private static string Name(ReadOnlySpan<byte> utf8, Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> names)
    {
        const int Longest = 512;
        Span<char> text = stackalloc char[Longest];
        if (!Encoding.UTF8.TryGetChars(utf8, text, out var length))
            throw new InvalidDataException("An event has too long a name.");
        text = text[..length];
        if (!names.TryGetValue(text, out var name))
            names[text] = name = text.ToString();
        return name;
    }

    private ref struct Reader(ReadOnlyMemory<byte> copy)
    {
        private ReadOnlyMemory<byte> _left = copy;

        public ReadOnlyMemory<byte> Bytes(int count)
        {
            if (count < 0 || count > _left.Length)
                throw new InvalidDataException("PostgreSQL's COPY ends in the middle of a row.");
            var bytes = _left[..count];
            _left = _left[count..];
            return bytes;
        }

        public short Int16() => BinaryPrimitives.ReadInt16BigEndian(Bytes(sizeof(short)).Span);

        public int Int32() => BinaryPrimitives.ReadInt32BigEndian(Bytes(sizeof(int)).Span);

        /// <summary>The next column; empty for null.</summary>
        public ReadOnlyMemory<byte> Field() => Int32() is var length and not -1 ? Bytes(length) : default;
    }
}
