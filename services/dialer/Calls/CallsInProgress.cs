using System.Collections.Concurrent;

namespace FlashCall.Dialer.Calls;

/// <summary>The calls of this process, from before their attempt is recorded until their end is.</summary>
internal sealed class CallsInProgress
{
    private readonly ConcurrentDictionary<Guid, OngoingCall> _calls = new();
    private TaskCompletionSource? _empty;

    /// <summary>Adds a call unless one of the same attempt is there.</summary>
    public bool TryAdd(OngoingCall call)
    {
        if (!_calls.TryAdd(call.AttemptId, call))
            return false;
        if (Volatile.Read(ref _empty) is not null)
            call.HangUp(CancelReason.Shutdown);
        return true;
    }

    /// <summary>Removes a call, if it is there.</summary>
    public void Remove(Guid attemptId)
    {
        if (_calls.TryRemove(attemptId, out _) && _calls.IsEmpty)
            Volatile.Read(ref _empty)?.TrySetResult();
    }

    /// <summary>Ends a call, if it is there.</summary>
    /// <returns>Whether it was.</returns>
    public bool TryHangUp(Guid attemptId)
    {
        if (!_calls.TryGetValue(attemptId, out var call))
            return false;
        call.HangUp(CancelReason.HangUp);
        return true;
    }

    /// <summary>Ends all calls because the process stops; one that is added later ends before it is dialled.</summary>
    /// <param name="within">How long to wait for their ends to arrive and be recorded; what is left then counts as interrupted.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task EndAllAsync(TimeSpan within, CancellationToken cancellationToken)
    {
        var empty = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _empty, empty);
        foreach (var call in _calls.Values)
            call.HangUp(CancelReason.Shutdown);
        if (_calls.IsEmpty)
            return;
        try
        {
            await empty.Task.WaitAsync(within, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            foreach (var call in _calls.Values)
                call.Abandon();
        }
    }
}
