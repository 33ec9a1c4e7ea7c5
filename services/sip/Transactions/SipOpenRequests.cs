using System.Diagnostics.CodeAnalysis;

namespace FlashCall.Sip;

/// <summary>Our requests that are under way, by what responses are matched to. In several parts, so that threads seldom wait for each
/// other; and in dictionaries that keep their room, since a dictionary made for many threads leaves an object behind for each
/// request.</summary>
internal sealed class SipOpenRequests
{
    // A power of two, so that the lowest bits of a branch, which are random, tell the part.
    private const int Parts = 32;

    private readonly Part[] _parts = [.. Enumerable.Range(0, Parts).Select(_ => new Part())];

    /// <summary>How many there are.</summary>
    public int Count => _parts.Sum(part => part.Count);

    /// <summary>Adds one, instead of another of the same name if there is one.</summary>
    public void Add(SipClientTransaction transaction) => PartOf(transaction.Key).Add(transaction);

    /// <summary>The one that is there already, or else this one, which is there from now on.</summary>
    public SipClientTransaction GetOrAdd(SipClientTransaction transaction) => PartOf(transaction.Key).GetOrAdd(transaction);

    /// <summary>Finds one.</summary>
    public bool TryFind(SipClientKey key, [NotNullWhen(true)] out SipClientTransaction? transaction) =>
        PartOf(key).TryFind(key, out transaction);

    /// <summary>Removes the one with this name, if there is one.</summary>
    public void Remove(SipClientKey key) => PartOf(key).Remove(key);

    /// <summary>All that there are at the time.</summary>
    public IReadOnlyList<SipClientTransaction> All() => [.. _parts.SelectMany(part => part.All())];

    /// <summary>Removes all.</summary>
    public void Clear() => Array.ForEach(_parts, part => part.Clear());

    private Part PartOf(SipClientKey key) => _parts[key.Branch.Number % Parts];

    private sealed class Part
    {
        private readonly Lock _lock = new();
        private readonly Dictionary<SipClientKey, SipClientTransaction> _open = [];

        public int Count
        {
            get
            {
                lock (_lock)
                    return _open.Count;
            }
        }

        public void Add(SipClientTransaction transaction)
        {
            lock (_lock)
                _open[transaction.Key] = transaction;
        }

        public SipClientTransaction GetOrAdd(SipClientTransaction transaction)
        {
            lock (_lock)
            {
                if (_open.TryGetValue(transaction.Key, out var there))
                    return there;
                _open.Add(transaction.Key, transaction);
                return transaction;
            }
        }

        public bool TryFind(SipClientKey key, [NotNullWhen(true)] out SipClientTransaction? transaction)
        {
            lock (_lock)
                return _open.TryGetValue(key, out transaction);
        }

        public void Remove(SipClientKey key)
        {
            lock (_lock)
                _open.Remove(key);
        }

        public SipClientTransaction[] All()
        {
            lock (_lock)
                return [.. _open.Values];
        }

        public void Clear()
        {
            lock (_lock)
                _open.Clear();
        }
    }
}
