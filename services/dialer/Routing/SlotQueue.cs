namespace FlashCall.Dialer.Routing;

/// <summary>
/// The calls of this replica that wait for room on one limited trunk, first come first served, and what this replica has of the trunk.
/// Says when to ask the database and for what; one claim at a time is under way, and it asks for all that wait. Pure: times are since any
/// fixed moment. Not safe for use by several threads at once.
/// </summary>
/// <typeparam name="TCall">What waits.</typeparam>
internal sealed class SlotQueue<TCall>
    where TCall : notnull
{
    /// <summary>How long channels that came free may stay unknown to the other replicas.</summary>
    public static readonly TimeSpan WriteWithin = TimeSpan.FromMilliseconds(100);

    /// <summary>How often to look whether another replica has freed a channel.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>The pause after a claim that failed, while nobody waits.</summary>
    public static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    // What stands in the database is unknown: a claim failed, and may have been carried out all the same.
    private const int Unknown = -1;

    private readonly LinkedList<Waiting> _waiting = new();
    private TimeSpan _roomFrom = TimeSpan.MinValue;
    private TimeSpan? _writeBy;
    private bool _lacksChannels;
    private int _written;
    private int _unspent;
    private Claim? _underWay;

    /// <summary>How many calls wait.</summary>
    public int Count => _waiting.Count;

    /// <summary>Whether nothing is to be asked or told, now or later, unless something happens.</summary>
    public bool IsIdle => _waiting.Count == 0 && _writeBy is null;

    /// <summary>The channels that this replica uses.</summary>
    public int InUse { get; private set; }

    /// <summary>A call comes to wait.</summary>
    /// <param name="call">The call.</param>
    /// <param name="until">When it goes elsewhere. It gets an answer that was asked for it or later than it came, even if that is later
    /// than this: one that does not wait at all is told what the database says.</param>
    /// <returns>Its place, for <see cref="Leave"/>.</returns>
    public Place Join(TCall call, TimeSpan until) => new(_waiting.AddLast(new Waiting(call, until)));

    /// <summary>A call does not wait any longer; nothing happens if it does not wait.</summary>
    public void Leave(Place place)
    {
        if (ReferenceEquals(place.Node.List, _waiting))
            _waiting.Remove(place.Node);
    }

    /// <summary>A call takes a channel without being counted against a limit.</summary>
    public void TakeUnlimited() => InUse++;

    /// <summary>A call is over.</summary>
    /// <param name="limit">The trunk's limits.</param>
    /// <param name="now">The time.</param>
    /// <param name="placed">False if it never went out: the trunk may have another instead at once.</param>
    public void Return(TrunkLimit limit, TimeSpan now, bool placed)
    {
        InUse--;
        if (!placed && limit.CallsPerSecond is not null)
            _unspent++;
        if (_lacksChannels || !placed)
            _roomFrom = now;
        ExpectWrite(limit, now);
    }

    /// <summary>The calls that have waited for long enough leave; to be asked before <see cref="Next"/>.</summary>
    public IReadOnlyList<TCall> Expire(TimeSpan now)
    {
        List<TCall>? expired = null;
        for (var node = _waiting.First; node is not null;)
        {
            var (next, waiting) = (node.Next, node.Value);
            if (waiting.Until <= now && (waiting.Answered || now < _roomFrom))
            {
                _waiting.Remove(node);
                (expired ??= []).Add(waiting.Call);
            }
            node = next;
        }
        return expired ?? [];
    }

    /// <summary>What to do now. Not to be asked while a claim is under way.</summary>
    public QueueStep Next(TrunkLimit limit, TimeSpan now)
    {
        ExpectWrite(limit, now);
        if (_waiting.Count > 0 && now >= _roomFrom)
            return Ask(_waiting.Count, limit);
        if (_writeBy is { } due && now >= due)
            return Ask(0, limit);
        if (_waiting.Count == 0)
            return _writeBy is { } later ? new QueueStep.Wait(later) : new QueueStep.Idle();
        var until = Earlier(_roomFrom, _writeBy);
        foreach (var waiting in _waiting)
            until = Earlier(until, waiting.Until);
        return new QueueStep.Wait(until);
    }

    /// <summary>All who wait may go: the trunk has no limits any longer.</summary>
    public IReadOnlyList<TCall> GrantAll() => Grant(_waiting.Count);

    /// <summary>The database has answered the claim.</summary>
    /// <returns>The calls that may go out.</returns>
    public IReadOnlyList<TCall> Answer(ClaimAnswer answer, TrunkLimit limit, TimeSpan now)
    {
        var claim = TakeUnderWay();
        _written = claim.Channels is { } channels ? channels + (limit.Channels is null ? 0 : answer.Granted) : _written;
        var freed = InUse < claim.Channels;
        var granted = Grant(Math.Min(answer.Granted, _waiting.Count));
        // Some left while the claim was under way.
        if (limit.CallsPerSecond is not null)
            _unspent += answer.Granted - granted.Count;
        if (claim.Wanted > 0)
        {
            var hasMore = answer.Granted == claim.Wanted;
            // A no to others is one to those who came while it was asked for, too.
            foreach (var waiting in _waiting)
                waiting.Answered |= !hasMore;
            _lacksChannels = answer.ChannelsLeft < 1;
            var untilToken = limit.CallsPerSecond is { } rate && answer.Tokens < 1
                ? TimeSpan.FromSeconds((1 - answer.Tokens.Value) / rate)
                : TimeSpan.Zero;
            _roomFrom = hasMore || _unspent > 0 ? now
                : now + (_lacksChannels && !freed && untilToken < LookEvery ? LookEvery : untilToken);
        }
        ExpectWrite(limit, now);
        return granted;
    }

    /// <summary>The claim failed; whether it was carried out is unknown.</summary>
    /// <returns>The calls that waited.</returns>
    public IReadOnlyList<TCall> Fail(TimeSpan now)
    {
        TakeUnderWay();
        _written = Unknown;
        _writeBy = now + PauseAfterFailure;
        return Clear();
    }

    /// <summary>All who wait leave.</summary>
    public IReadOnlyList<TCall> Clear()
    {
        var all = _waiting.Select(waiting => waiting.Call).ToArray();
        _waiting.Clear();
        return all;
    }

    private static TimeSpan Earlier(TimeSpan a, TimeSpan? b) => b < a ? b.Value : a;

    private static int Target(TrunkLimit limit, int inUse) => limit.Channels is null ? 0 : inUse;

    private QueueStep.Ask Ask(int wanted, TrunkLimit limit)
    {
        var channels = limit.Channels is not null || _written != 0 ? Target(limit, InUse) : (int?)null;
        _underWay = new Claim(wanted, channels, _unspent);
        // What is given back goes with one statement, whatever becomes of that: a token given back twice would be one too many.
        _unspent = 0;
        _writeBy = null;
        return new QueueStep.Ask(_underWay);
    }

    private Claim TakeUnderWay()
    {
        var claim = _underWay ?? throw new InvalidOperationException("No claim is under way.");
        _underWay = null;
        return claim;
    }

    private List<TCall> Grant(int count)
    {
        var granted = new List<TCall>(count);
        for (; count > 0; count--)
        {
            granted.Add(_waiting.First!.Value.Call);
            _waiting.RemoveFirst();
            InUse++;
        }
        return granted;
    }

    private void ExpectWrite(TrunkLimit limit, TimeSpan now)
    {
        if (_unspent > 0 || Target(limit, InUse) != _written)
            _writeBy ??= now + WriteWithin;
    }

    /// <summary>Where a call stands in the queue.</summary>
    internal readonly struct Place
    {
        internal Place(LinkedListNode<Waiting> node) => Node = node;

        internal LinkedListNode<Waiting> Node { get; }
    }

    internal sealed class Waiting(TCall call, TimeSpan until)
    {
        public TCall Call { get; } = call;

        public TimeSpan Until { get; } = until;

        /// <summary>Whether a claim was answered since it came.</summary>
        public bool Answered { get; set; }
    }
}

/// <summary>What a <see cref="SlotQueue{TCall}"/> wants done.</summary>
internal abstract record QueueStep
{
    private QueueStep()
    {
    }

    /// <summary>Put a claim to the database, then tell the queue the answer.</summary>
    internal sealed record Ask(Claim Claim) : QueueStep;

    /// <summary>Come again at this time, or when something happens before.</summary>
    internal sealed record Wait(TimeSpan Until) : QueueStep;

    /// <summary>Come again when something happens.</summary>
    internal sealed record Idle : QueueStep;
}

/// <summary>What one replica asks of a trunk.</summary>
/// <param name="Wanted">How many calls it wants to place, 0 or more.</param>
/// <param name="Channels">How many channels it uses now, before these calls; null where that is not counted.</param>
/// <param name="Unspent">How many calls it was granted before and did not place.</param>
internal sealed record Claim(int Wanted, int? Channels, int Unspent);

/// <summary>What the database says to a claim.</summary>
/// <param name="Granted">How many calls may be placed, 0 to what was wanted.</param>
/// <param name="Tokens">What is left in the bucket; null where calls per second are not limited.</param>
/// <param name="ChannelsLeft">How many more calls the trunk could carry; negative where a limit was lowered, null where there is
/// none.</param>
internal sealed record ClaimAnswer(int Granted, double? Tokens, int? ChannelsLeft);
