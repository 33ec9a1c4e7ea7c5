using System.Collections.Immutable;
using System.Text.Json;

namespace FlashCall.Handset.Calls;

/// <summary>The call logs of all phones, in memory and bounded: the oldest calls go first, of each phone and of all. Safe for concurrent
/// use.</summary>
internal sealed class CallLog(HandsetSettings settings, TimeProvider time)
{
    private readonly Lock _lock = new();
    // Both oldest first. A call that was deleted or pushed out by newer ones of its phone stays in _all until its turn comes, and is
    // skipped then.
    private readonly Dictionary<string, List<LoggedCall>> _byPhone = new(StringComparer.Ordinal);
    private readonly Queue<(string Phone, long Sequence)> _all = new();
    private readonly Dictionary<string, List<Waiter>> _waiters = new(StringComparer.Ordinal);
    private readonly long[] _totals = new long[Enum.GetValues<CallState>().Length];
    private ImmutableList<RingListener> _listeners = [];
    private long _sequence;

    /// <summary>How many wait for a phone to ring.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
                return _waiters.Values.Sum(waiters => waiters.Count);
        }
    }

    /// <summary>Notes a call that has come in.</summary>
    public LoggedCall Add(string phone, string? callerId, string sipCallId)
    {
        lock (_lock)
        {
            var call = new LoggedCall(++_sequence, callerId, CallState.Invited, time.GetUtcNow(), RangAt: null, EndedAt: null, sipCallId);
            if (!_byPhone.TryGetValue(phone, out var calls))
                _byPhone[phone] = calls = [];
            calls.Add(call);
            if (calls.Count > settings.CallsKeptPerPhone)
                calls.RemoveAt(0);
            _all.Enqueue((phone, call.Sequence));
            if (_all.Count > settings.CallsKept)
                Evict();
            _totals[(int)call.State]++;
            return call;
        }
    }

    /// <summary>Notes what has become of a call, and wakes who waits for it to ring.</summary>
    /// <param name="phone">The phone.</param>
    /// <param name="before">The entry as it was.</param>
    /// <param name="after">The entry as it is now.</param>
    public void Update(string phone, LoggedCall before, LoggedCall after)
    {
        lock (_lock)
        {
            _totals[(int)before.State]--;
            _totals[(int)after.State]++;
            var index = _byPhone.TryGetValue(phone, out var calls) ? calls.FindLastIndex(call => call.Sequence == after.Sequence) : -1;
            // Gone if it was deleted or was the oldest of too many; the totals count it all the same.
            if (index >= 0)
                calls![index] = after;
            if (before.RangAt is not null || after.RangAt is null)
                return;
            foreach (var listener in _listeners)
                listener.Tell(new RingingPhone(phone, after));
            if (_waiters.TryGetValue(phone, out var waiters))
            {
                foreach (var waiter in waiters.Where(waiter => after.Sequence > waiter.After))
                    waiter.Rang.TrySetResult();
            }
        }
    }

    /// <summary>The calls of a phone that are newer than a sequence number, newest first.</summary>
    public IReadOnlyList<LoggedCall> Of(string phone, long after)
    {
        lock (_lock)
        {
            return _byPhone.TryGetValue(phone, out var calls)
                ? [.. Enumerable.Reverse(calls).TakeWhile(call => call.Sequence > after)]
                : [];
        }
    }

    /// <summary>Waits until a call of the phone that is newer than a sequence number has rung; returns at once if one has.</summary>
    /// <returns>False if none did in time.</returns>
    public async Task<bool> WaitForRingAsync(string phone, long after, TimeSpan wait, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(after);
        lock (_lock)
        {
            if (_byPhone.TryGetValue(phone, out var calls) && calls.Exists(call => call.Sequence > after && call.RangAt is not null))
                return true;
            if (!_waiters.TryGetValue(phone, out var waiters))
                _waiters[phone] = waiters = [];
            waiters.Add(waiter);
        }
        try
        {
            await waiter.Rang.Task.WaitAsync(wait, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
        finally
        {
            Remove(phone, waiter);
        }
    }

    /// <summary>Tells of every call of any phone that begins to ring from now on, until it is disposed of.</summary>
    public RingListener Listen()
    {
        var listener = new RingListener(gone => ImmutableInterlocked.Update(ref _listeners, listeners => listeners.Remove(gone)));
        ImmutableInterlocked.Update(ref _listeners, listeners => listeners.Add(listener));
        return listener;
    }

    /// <summary>Forgets the calls of a phone.</summary>
    public void Delete(string phone)
    {
        lock (_lock)
            _byPhone.Remove(phone);
    }

    /// <summary>How many calls are in which state, all calls since the start, those included that are no longer kept.</summary>
    public CallTotals Totals()
    {
        lock (_lock)
        {
            return new CallTotals(_sequence, Enum.GetValues<CallState>().ToDictionary(
                state => JsonNamingPolicy.SnakeCaseLower.ConvertName(state.ToString()),
                state => _totals[(int)state],
                StringComparer.Ordinal));
        }
    }

    private void Evict()
    {
        var (phone, sequence) = _all.Dequeue();
        if (!_byPhone.TryGetValue(phone, out var calls))
            return;
        if (calls.Count > 0 && calls[0].Sequence == sequence)
            calls.RemoveAt(0);
        if (calls.Count == 0)
            _byPhone.Remove(phone);
    }

    private void Remove(string phone, Waiter waiter)
    {
        lock (_lock)
        {
            if (_waiters.TryGetValue(phone, out var waiters) && waiters.Remove(waiter) && waiters.Count == 0)
                _waiters.Remove(phone);
        }
    }

    private sealed record Waiter(long After)
    {
        public TaskCompletionSource Rang { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>Calls by state.</summary>
/// <param name="Calls">All calls since the start.</param>
/// <param name="States">How many of them are in which state.</param>
internal sealed record CallTotals(long Calls, IReadOnlyDictionary<string, long> States);
