namespace FlashCall.EventLog;

/// <summary>A stretch of the log: the events in it that fit, in order. Without any it is a place to go on from all the same.</summary>
public sealed class EventPage
{
    private readonly List<StoredEvent> _events = [];
    private byte[] _buffer = [];

    internal EventPage()
    {
    }

    /// <summary>The stretch begins after this sequence.</summary>
    public long After { get; private set; }

    /// <summary>The stretch ends with this sequence: what the next one comes after.</summary>
    public long Through { get; private set; }

    /// <summary>The events. They and their memory are used again for a later page: copy what has to stay.</summary>
    public IReadOnlyList<StoredEvent> Events => _events;

    /// <summary>Reads a binary COPY into this page, and nothing of what it held before stays.</summary>
    /// <param name="copy">What PostgreSQL sends.</param>
    /// <param name="after">Where the stretch begins.</param>
    /// <param name="through">Where it ends.</param>
    /// <param name="fits">What cannot be asked of PostgreSQL: given a row's last column.</param>
    /// <param name="cancellationToken">Nobody wants the page any longer.</param>
    internal async Task FillAsync(
        Stream copy, long after, long through, Func<ReadOnlySpan<byte>, bool>? fits, CancellationToken cancellationToken)
    {
        const int Room = 64 * 1024;
        (After, Through) = (after, through);
        _events.Clear();
        var length = 0;
        while (true)
        {
            if (_buffer.Length - length < Room)
                Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, 4 * Room));
            var read = await copy.ReadAsync(_buffer.AsMemory(length), cancellationToken);
            if (read == 0)
                break;
            length += read;
        }
        CopiedRows.Read(_buffer.AsMemory(0, length), _events, fits);
    }

    /// <summary>Makes this a stretch in which nothing fits.</summary>
    internal EventPage Empty(long after, long through)
    {
        (After, Through) = (after, through);
        _events.Clear();
        return this;
    }
}
