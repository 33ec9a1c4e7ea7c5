namespace FlashCall.Sip;

/// <summary>
/// Our INVITEs that were refused and wait out timer D (RFC 3261 §17.1.1.2), in which repeats of the refusal are acknowledged again and a
/// 2xx of another fork may still come. They are all the calls of the last half minute, and what lives so long is what the garbage
/// collector has to carry about: as little is kept of each as will do, in few objects. All wait equally long and so are over in the order
/// in which they came: a ring, and one timer.
/// </summary>
internal sealed class SipRefusedInvites
{
    // Pages, and parts of the index, of a size at which arrays are still collected with what is young; larger ones, as they grow, would
    // each bring a collection of everything. All three are powers of two, so that the lowest bits tell the place.
    private const int PerPage = 512;
    private const int FewestPages = 4;
    private const int Parts = 256;

    private readonly TimeProvider _time;
    private readonly SipTimers _timers;
    private readonly TimeSpan _wait;
    private readonly SipTimer _oldestIsOver;
    private readonly Lock _lock = new();
    private readonly Dictionary<SipBranch, long>?[] _places = new Dictionary<SipBranch, long>[Parts];
    private Waiting[]?[] _pages = new Waiting[FewestPages][];
    private long _oldest;
    private long _next;
    private int _count;

    /// <param name="time">The clock.</param>
    /// <param name="timers">The timers of the stack, of which this takes one.</param>
    /// <param name="wait">Timer D.</param>
    public SipRefusedInvites(TimeProvider time, SipTimers timers, TimeSpan wait)
    {
        (_time, _timers, _wait) = (time, timers, wait);
        _oldestIsOver = new SipTimer(ForgetOver);
    }

    /// <summary>How many wait.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Keeps one for timer D from now.</summary>
    public void Add(SipRefusedInvite invite)
    {
        lock (_lock)
        {
            if (_next - _oldest == (_pages.Length - 1) * PerPage)
                Grow();
            PageOf(_next) ??= new Waiting[PerPage];
            At(_next) = new Waiting { Invite = invite, Since = _time.GetTimestamp() };
            PlacesOf(invite.Branch)[invite.Branch] = _next;
            _count++;
            if (_next++ == _oldest)
                _timers.Start(_oldestIsOver, _wait);
        }
    }

    /// <summary>Finds one that waits.</summary>
    public bool TryFind(SipBranch branch, out SipRefusedInvite invite)
    {
        lock (_lock)
        {
            var found = PlacesOf(branch).TryGetValue(branch, out var place);
            invite = found ? At(place).Invite : default;
            return found;
        }
    }

    /// <summary>Lets one go before its time, if it waits.</summary>
    public void Remove(SipBranch branch)
    {
        lock (_lock)
        {
            if (!PlacesOf(branch).Remove(branch, out var place))
                return;
            // Its place stays until those before it are over, but holds nothing.
            At(place).Invite = default;
            _count--;
        }
    }

    /// <summary>Lets all go.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _timers.Stop(_oldestIsOver);
            _count = 0;
            Empty();
        }
    }

    // The rest is called with the lock held.
    private Dictionary<SipBranch, long> PlacesOf(SipBranch branch) => _places[branch.Number % Parts] ??= [];

    private ref Waiting[]? PageOf(long place) => ref _pages[place / PerPage % _pages.Length];

    private ref Waiting At(long place) => ref PageOf(place)![place % PerPage];

    private void Grow()
    {
        var pages = new Waiting[2 * _pages.Length][];
        for (var page = _oldest / PerPage; page <= (_next - 1) / PerPage; page++)
            pages[page % pages.Length] = _pages[page % _pages.Length]!;
        _pages = pages;
    }

    private void ForgetOver()
    {
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            for (; _oldest < _next; _oldest++)
            {
                ref var waiting = ref At(_oldest);
                var left = _wait - _time.GetElapsedTime(waiting.Since, now);
                if (left > TimeSpan.Zero)
                {
                    _timers.Start(_oldestIsOver, left);
                    return;
                }
                // Unless it was let go before.
                if (waiting.Invite.Client is not null && PlacesOf(waiting.Invite.Branch).Remove(waiting.Invite.Branch))
                    _count--;
                waiting = default;
            }
            Empty();
        }
    }

    // What a busy time took is given back.
    private void Empty()
    {
        Array.Clear(_places);
        _pages = new Waiting[FewestPages][];
        _oldest = _next;
    }

    private struct Waiting
    {
        public SipRefusedInvite Invite;
        public long Since;
    }
}

/// <summary>What is kept of an INVITE that was refused; the rest stands in each response to it.</summary>
/// <param name="Branch">What names it.</param>
/// <param name="Hop">Where it was sent.</param>
/// <param name="Way">Its request line and its routes.</param>
/// <param name="Client">Who gets a 2xx that comes after all.</param>
internal readonly record struct SipRefusedInvite(SipBranch Branch, SipHop Hop, byte[] Way, ISipClient Client)
{
    /// <summary>The INVITE as far as a response to it tells.</summary>
    public byte[] Bytes(SipResponse response) =>
        SipRequests.InviteOf(Way, SipVia.TextOf(Hop.Transport.Protocol, Hop.LocalAddress, Branch.Text), response);
}
