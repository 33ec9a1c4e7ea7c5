namespace FlashCall.Sip;

/// <summary>
/// Our INVITEs that were refused and wait out timer D (RFC 3261 §17.1.1.2), in which repeats of the refusal are acknowledged again and a
/// 2xx of another fork may still come. They are all the calls of the last half minute, hundreds of thousands of them, and what lives so
/// long is what the garbage collector has to carry about: so they are no objects but bytes in pages, found by tables of numbers. All wait
/// equally long and so are over in the order in which they came: a ring of pages, and one timer.
/// </summary>
internal sealed class SipRefusedInvites
{
    // Both are powers of two, so that the lowest bits tell the place.
    private const int FewestPages = 4;
    private const int Parts = 256;

    // Where one stands: the page's number, and the place in it in the lowest bits.
    private const int PlaceBits = 20;

    private readonly TimeProvider _time;
    private readonly SipTimers _timers;
    private readonly TimeSpan _wait;
    private readonly SipTimer _oldestIsOver;
    private readonly Lock _lock = new();
    private readonly Dictionary<SipBranch, long>?[] _places = new Dictionary<SipBranch, long>[Parts];
    private SipRefusedPage?[] _pages = new SipRefusedPage[FewestPages];
    // Pages that are over, for those to come.
    private readonly Stack<SipRefusedPage> _spare = [];
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
    /// <param name="invite">What is kept of it.</param>
    /// <param name="way">Its request line and its routes.</param>
    public void Add(in SipRefusedInvite invite, ReadOnlySpan<byte> way)
    {
        lock (_lock)
        {
            var since = _time.GetTimestamp();
            if (_next == _oldest)
                _timers.Start(_oldestIsOver, _wait);
            if (_next == _oldest || !PageOf(_next - 1).TryAdd(invite, way, since, out var place))
                NewPage(way.Length).TryAdd(invite, way, since, out place);
            PlacesOf(invite.Branch)[invite.Branch] = ((_next - 1) << PlaceBits) | (uint)place;
            _count++;
        }
    }

    /// <summary>Finds one that waits.</summary>
    /// <param name="branch">What names it.</param>
    /// <param name="invite">What was kept of it.</param>
    /// <param name="way">Its way.</param>
    public bool TryFind(SipBranch branch, out SipRefusedInvite invite, out byte[] way)
    {
        (invite, way) = (default, []);
        lock (_lock)
        {
            if (!PlacesOf(branch).TryGetValue(branch, out var place))
                return false;
            invite = PageOf(place >> PlaceBits).At((int)place & ((1 << PlaceBits) - 1), out way);
            return true;
        }
    }

    /// <summary>Lets one go before its time, if it waits.</summary>
    public void Remove(SipBranch branch)
    {
        lock (_lock)
        {
            if (!PlacesOf(branch).Remove(branch, out var place))
                return;
            PageOf(place >> PlaceBits).LetGo((int)place & ((1 << PlaceBits) - 1));
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

    private SipRefusedPage PageOf(long number) => _pages[number % _pages.Length]!;

    private SipRefusedPage NewPage(int way)
    {
        if (_next - _oldest == _pages.Length)
            Grow();
        var page = SipRefusedPage.HasUsualRoom(way) && _spare.TryPop(out var spare) ? spare : new SipRefusedPage(way);
        _pages[_next++ % _pages.Length] = page;
        return page;
    }

    private void Grow()
    {
        var pages = new SipRefusedPage[2 * _pages.Length];
        for (var page = _oldest; page < _next; page++)
            pages[page % pages.Length] = PageOf(page);
        _pages = pages;
    }

    private void ForgetOver()
    {
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            for (; _oldest < _next; _oldest++)
            {
                var page = PageOf(_oldest);
                for (; !page.IsOver; page.Pass())
                {
                    var left = _wait - _time.GetElapsedTime(page.Since, now);
                    if (left > TimeSpan.Zero)
                    {
                        _timers.Start(_oldestIsOver, left);
                        return;
                    }
                    if (page.Branch is { } branch && PlacesOf(branch).Remove(branch))
                        _count--;
                }
                PutBy(page);
            }
            Empty();
        }
    }

    // As many as are in use at most: what a busy time took is given back as it goes.
    private void PutBy(SipRefusedPage page)
    {
        _pages[_oldest % _pages.Length] = null;
        page.Clear();
        if (page.IsOfUsualSize && _spare.Count < _next - _oldest)
            _spare.Push(page);
        while (_spare.Count > _next - _oldest)
            _spare.Pop();
    }

    private void Empty()
    {
        Array.Clear(_places);
        _pages = new SipRefusedPage[FewestPages];
        _spare.Clear();
        _oldest = _next;
    }
}

/// <summary>What is kept of an INVITE that was refused, beside its request line and its routes; the rest stands in each response to
/// it.</summary>
/// <param name="Branch">What names it.</param>
/// <param name="Hop">Where it was sent.</param>
/// <param name="After">Who gets a 2xx that comes after all.</param>
internal readonly record struct SipRefusedInvite(SipBranch Branch, SipHop Hop, SipAfterRefusal After)
{
    /// <summary>The INVITE as far as its way and a response to it tell.</summary>
    public byte[] Bytes(ReadOnlySpan<byte> way, SipResponse response) =>
        SipRequests.InviteOf(way, SipVia.TextOf(Hop.Transport.Protocol, Hop.LocalAddress, Branch.Text), response);
}
