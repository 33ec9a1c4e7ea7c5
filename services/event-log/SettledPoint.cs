namespace FlashCall.EventLog;

/// <summary>
/// How far the log is settled: up to there every number is an event that can be seen, or never will be one. A transaction takes its numbers
/// before it commits, so a lower one may show after a higher one. But it holds a lock on the sequence from its first number to its end:
/// once all that held it after a number was seen have ended, nothing below that number can change. <c>docs/decisions/0039</c> says why.
/// </summary>
internal sealed class SettledPoint
{
    /// <summary>How <c>pg_locks</c> names the holder of a prepared transaction's locks: it is no longer the one that took them.</summary>
    private const string Prepared = "-1/";

    private readonly HashSet<string> _awaited = new(StringComparer.Ordinal);
    private long _candidate;

    /// <summary>Up to here, itself included, the log is settled; 0 as long as nobody knows.</summary>
    public long Sequence { get; private set; }

    /// <summary>Takes a look at the log.</summary>
    /// <param name="highest">The highest number that an event could be seen with.</param>
    /// <param name="writers">Who held the sequence, seen after that: virtual transactions, as <c>pg_locks</c> names them. Looks come in
    /// the order in which they were taken.</param>
    public void See(long highest, IReadOnlySet<string> writers)
    {
        if (_awaited.Count > 0)
        {
            var ended = _awaited.RemoveWhere(writer => !writers.Contains(writer));
            // Whoever is gone may have been prepared for a commit in two phases, and holds on under another name.
            if (ended > 0)
                _awaited.UnionWith(writers.Where(static writer => writer.StartsWith(Prepared, StringComparison.Ordinal)));
            if (_awaited.Count > 0)
                return;
            Sequence = _candidate;
        }
        if (highest <= Sequence)
            return;
        _candidate = highest;
        _awaited.UnionWith(writers);
        if (_awaited.Count == 0)
            Sequence = highest;
    }
}
