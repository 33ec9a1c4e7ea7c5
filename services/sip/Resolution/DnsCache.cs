using System.Collections.Concurrent;

namespace FlashCall.Sip;

/// <summary>What a name server said.</summary>
/// <param name="Value">The answer.</param>
/// <param name="Lifetime">How long it holds.</param>
internal readonly record struct DnsAnswer<T>(T Value, TimeSpan Lifetime);

/// <summary>
/// Answers by name, for as long as they hold; and beyond that while no name server can be asked, since an old address is better than no
/// call (RFC 8767). Each name is asked for once at a time, however many wait for it.
/// </summary>
/// <param name="ask">Asks a name server; throws if none answers.</param>
/// <param name="maxStale">How long after its lifetime an answer may still be used.</param>
/// <param name="time">The clock.</param>
internal sealed class DnsCache<T>(Func<string, Task<DnsAnswer<T>>> ask, TimeSpan maxStale, TimeProvider time)
{
    private const int MaxNames = 4096;
    // A name server that has not answered is left alone for a while; meanwhile nobody waits for it.
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(5);
    // How long a call waits for news while there is an old answer.
    private static readonly TimeSpan PatienceWithStale = TimeSpan.FromMilliseconds(300);

    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The answer for a name.</summary>
    /// <exception cref="SipResolutionException">No name server has answered, and there is no older answer.</exception>
    public ValueTask<T> GetAsync(string name, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (!_entries.TryGetValue(name, out var entry))
        {
            // Peers choose names too, in Contact and Record-Route.
            if (_entries.Count >= MaxNames)
                Prune(now);
            entry = _entries.GetOrAdd(name, new Entry());
        }
        Task asking;
        lock (entry)
        {
            if (entry.HasValue && now < entry.FreshUntil)
                return ValueTask.FromResult(entry.Value);
            if (now < entry.AskNotBefore)
            {
                return entry.HasValue && now < entry.StaleUntil
                    ? ValueTask.FromResult(entry.Value)
                    : ValueTask.FromException<T>(entry.Failure!);
            }
            asking = entry.Asking ??= AskAsync(name, entry);
        }
        return new ValueTask<T>(WaitAsync(entry, asking, cancellationToken));
    }

    private async Task<T> WaitAsync(Entry entry, Task asking, CancellationToken cancellationToken)
    {
        bool hasStale;
        lock (entry)
            hasStale = entry.HasValue && time.GetUtcNow() < entry.StaleUntil;
        try
        {
            await asking.WaitAsync(hasStale ? PatienceWithStale : Timeout.InfiniteTimeSpan, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The old answer has to do; the new one comes for the next call.
        }
        lock (entry)
        {
            return entry.HasValue && time.GetUtcNow() < entry.StaleUntil
                ? entry.Value
                : throw entry.Failure ?? new SipResolutionException("The name server has not answered.");
        }
    }

    private async Task AskAsync(string name, Entry entry)
    {
        // The caller holds the entry's lock.
        await Task.Yield();
        try
        {
            var (value, lifetime) = await ask(name);
            lock (entry)
            {
                entry.Value = value;
                entry.HasValue = true;
                entry.FreshUntil = time.GetUtcNow() + lifetime;
                entry.StaleUntil = entry.FreshUntil + maxStale;
                entry.Asking = null;
            }
        }
        // Whatever kept the answer away is told to who waits, if there is no older answer.
        catch (Exception exception)
        {
            lock (entry)
            {
                entry.Failure = exception;
                entry.AskNotBefore = time.GetUtcNow() + PauseAfterFailure;
                entry.Asking = null;
            }
        }
    }

    private void Prune(DateTimeOffset now)
    {
        foreach (var (name, entry) in _entries)
        {
            lock (entry)
            {
                if (entry.Asking is null && now >= entry.FreshUntil)
                    _entries.TryRemove(name, out _);
            }
        }
        if (_entries.Count >= MaxNames)
            _entries.Clear();
    }

    private sealed class Entry
    {
        public T Value { get; set; } = default!;

        public bool HasValue { get; set; }

        public DateTimeOffset FreshUntil { get; set; }

        public DateTimeOffset StaleUntil { get; set; }

        public DateTimeOffset AskNotBefore { get; set; }

        public Exception? Failure { get; set; }

        public Task? Asking { get; set; }
    }
}
