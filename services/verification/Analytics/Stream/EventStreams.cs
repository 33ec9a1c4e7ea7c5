using FlashCall.EventLog;

namespace FlashCall.Verification.Analytics.Stream;

/// <summary>The streams of events that this replica serves at the moment.</summary>
internal sealed class EventStreams(EventReader reader) : IDisposable
{
    /// <summary>Streams at once at most: each has a connection to the database, which serves the traffic too.</summary>
    public const int Most = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _places = new(Most, Most);

    /// <summary>The log.</summary>
    public EventReader Reader => reader;

    /// <summary>How many more could be served.</summary>
    public int Free => _places.CurrentCount;

    /// <summary>Takes a place.</summary>
    /// <returns>Null where none has become free within a second. Dispose it to give the place back.</returns>
    public async Task<IDisposable?> EnterAsync(CancellationToken cancellationToken) =>
        await _places.WaitAsync(Patience, cancellationToken) ? new Place(_places) : null;

    public void Dispose() => _places.Dispose();

    private sealed class Place(SemaphoreSlim places) : IDisposable
    {
        public void Dispose() => places.Release();
    }
}
