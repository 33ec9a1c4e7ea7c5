using FlashCall.Verification.Sessions;

namespace FlashCall.Verification.Storage;

/// <summary>
/// Where the sessions under way stood when this replica last saw them, so that their next steps are decided without reading the streams.
/// It may be behind, never ahead: a step from an old state is refused by the database and decided again. Holds <see cref="Most"/> sessions,
/// those seen last; a session takes 2 to 4 KiB, with all the metadata a client may send 20 KiB more. 20 to 40 MiB when full.
/// </summary>
internal sealed class LiveSessions
{
    /// <summary>Sessions held at most.</summary>
    public const int Most = 10_000;

    private readonly Lock _lock = new();

    // What is seen goes to the recent ones; when they are half of all, they become the earlier ones, and those that nobody saw since go.
    private Dictionary<Guid, VerificationSession> _recent = [];
    private Dictionary<Guid, VerificationSession> _earlier = [];

    /// <summary>Where the session stood; null when it is not known here.</summary>
    public VerificationSession? Find(Guid id)
    {
        lock (_lock)
            return _recent.GetValueOrDefault(id) ?? _earlier.GetValueOrDefault(id);
    }

    /// <summary>Keeps where a session stands, unless more is known of it. One that is done for good goes.</summary>
    public void Keep(VerificationSession state)
    {
        var isDone = Reactor.Deadline(state) is null;
        lock (_lock)
        {
            if (Find(state.Id)?.Revision > state.Revision)
                return;
            _earlier.Remove(state.Id);
            if (isDone)
            {
                _recent.Remove(state.Id);
                return;
            }
            _recent[state.Id] = state;
            if (_recent.Count >= Most / 2)
                (_recent, _earlier) = ([], _recent);
        }
    }

    /// <summary>Another replica moved the session, or it cannot be said how it stands.</summary>
    public void Forget(Guid id)
    {
        lock (_lock)
        {
            _recent.Remove(id);
            _earlier.Remove(id);
        }
    }
}
