using System.Collections.Concurrent;

namespace FlashCall.Dialer.Routing;

/// <summary>
/// How the trunks are, as this replica sees them: the breaker of each and what OPTIONS says. Nothing is shared with other replicas: each
/// has its own way to the carrier, and learns within three calls or one OPTIONS.
/// </summary>
internal sealed partial class TrunkConditions
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly ILogger<TrunkConditions> _logger;

    public TrunkConditions(RoutingMetrics metrics, TimeProvider time, ILogger<TrunkConditions> logger)
    {
        _time = time;
        _logger = logger;
        metrics.Observe(this);
    }

    /// <summary>How a trunk is now.</summary>
    public TrunkCondition Of(string trunk)
    {
        if (!_entries.TryGetValue(trunk, out var entry))
            return new TrunkCondition(Admission.All, Reachability.Up);
        lock (entry)
            return new TrunkCondition(TrunkBreaker.Admits(entry.Breaker, _time.GetUtcNow()), entry.Reachability);
    }

    /// <summary>The state of a trunk's breaker.</summary>
    public BreakerState BreakerOf(string trunk)
    {
        if (!_entries.TryGetValue(trunk, out var entry))
            return TrunkBreaker.Initial;
        lock (entry)
            return entry.Breaker;
    }

    /// <summary>A call is about to go out.</summary>
    /// <param name="trunk">The trunk's name.</param>
    /// <param name="placedAt">When it was let through (UTC), for <see cref="Report"/>.</param>
    /// <returns>Whether it may: of several that come at once to a trunk that was out, one.</returns>
    public bool TryAdmit(string trunk, out DateTimeOffset placedAt)
    {
        var entry = EntryOf(trunk);
        placedAt = _time.GetUtcNow();
        lock (entry)
        {
            if (TrunkBreaker.Admits(entry.Breaker, placedAt) == Admission.None)
                return false;
            entry.Breaker = TrunkBreaker.AfterAdmission(entry.Breaker, placedAt);
            return true;
        }
    }

    /// <summary>A call showed whether the trunk works; each call may show several things as it goes on.</summary>
    public void Report(string trunk, TrunkOutcome outcome, DateTimeOffset placedAt) =>
        Change(
            trunk, (outcome, placedAt, Now: _time.GetUtcNow()),
            static (state, shown) => TrunkBreaker.After(state, shown.outcome, shown.placedAt, shown.Now));

    /// <summary>A call ended, or never went out, without having shown anything.</summary>
    public void ReportNothing(string trunk, DateTimeOffset placedAt) =>
        Change(trunk, placedAt, static (state, placedAt) => TrunkBreaker.AfterNothing(state, placedAt));

    /// <summary>OPTIONS says something else, or the same again.</summary>
    /// <param name="trunk">The trunk's name.</param>
    /// <param name="reachability">What it says of the trunk.</param>
    /// <param name="sentAt">When the OPTIONS was sent; null where none was.</param>
    public void ReportOptions(string trunk, Reachability reachability, DateTimeOffset? sentAt) =>
        Change(trunk, (reachability, sentAt, Now: _time.GetUtcNow()), static (state, said) => (said.reachability, said.sentAt) switch
        {
            (Reachability.Up, { }) => TrunkBreaker.AfterOptionsAnswered(state, said.Now),
            (Reachability.Down, { } sent) => TrunkBreaker.AfterOptionsFailed(state, sent, said.Now),
            _ => state,
        }, reachability);

    /// <summary>Forgets what is known of a trunk: it is gone, or is another one now.</summary>
    public void Forget(string trunk) => _entries.TryRemove(trunk, out _);

    /// <summary>Each trunk that something is known of, and whether it gets calls.</summary>
    public IEnumerable<(string Trunk, bool Up)> All() =>
        _entries.Keys.Select(trunk => (trunk, Of(trunk).Admission != Admission.None));

    private Entry EntryOf(string trunk) => _entries.GetOrAdd(trunk, _ => new Entry());

    // What the change depends on comes beside it, so that the calls, which bring several each, make no closures.
    private void Change<T>(string trunk, T on, Func<BreakerState, T, BreakerState> change, Reachability? reachability = null)
    {
        var entry = EntryOf(trunk);
        BreakerState before;
        BreakerState after;
        lock (entry)
        {
            before = entry.Breaker;
            after = entry.Breaker = change(before, on);
            entry.Reachability = reachability ?? entry.Reachability;
        }
        if (ReferenceEquals(before, after))
            return;
        if (after is BreakerState.Open open && (before as BreakerState.Open)?.Until != open.Until && open.Until > _time.GetUtcNow())
            LogOut(trunk, open.Reason, open.Until);
        else if (after is BreakerState.Closed && before is not BreakerState.Closed)
            LogBack(trunk);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Trunk {Trunk} gets no calls from this replica until {Until:O} ({Reason})")]
    private partial void LogOut(string trunk, OutReason reason, DateTimeOffset until);

    [LoggerMessage(Level = LogLevel.Information, Message = "Trunk {Trunk} works again and gets calls")]
    private partial void LogBack(string trunk);

    private sealed class Entry
    {
        public BreakerState Breaker { get; set; } = TrunkBreaker.Initial;

        public Reachability Reachability { get; set; } = Reachability.Up;
    }
}
