using System.Collections.Concurrent;
using FlashCall.Contracts;
using FlashCall.NumberPool.Leases;

namespace FlashCall.NumberPool.Limits;

/// <summary>Tells that a limit refuses leases: once a minute for each kind, however many it refuses, and without saying whom.</summary>
internal sealed partial class LimitAlarms(TimeProvider time, ILogger<LimitAlarms> logger)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<LimitKind, DateTimeOffset> _told = new();

    /// <summary>Takes note of a refusal.</summary>
    /// <returns>What to publish; null if no limit refused, or this one was told within the last minute.</returns>
    public PoolLimitReached? Notice(LeaseAnswer.Refused refusal)
    {
        if (KindOf(refusal.Reason) is not { } kind || refusal.RetryAt is not { } retryAt)
            return null;
        var now = time.GetUtcNow();
        if (_told.TryGetValue(kind, out var told))
        {
            if (now - told < Quiet || !_told.TryUpdate(kind, now, told))
                return null;
        }
        else if (!_told.TryAdd(kind, now))
        {
            return null;
        }
        LogReached(kind, retryAt);
        return new PoolLimitReached { Kind = kind, At = now, RetryAt = retryAt };
    }

    /// <summary>The limit behind a refusal, if it is one.</summary>
    public static LimitKind? KindOf(LeaseRefusal reason) => reason switch
    {
        LeaseRefusal.CalleeLimit => LimitKind.Callee,
        LeaseRefusal.ClientLimit => LimitKind.Client,
        LeaseRefusal.PoolLimit => LimitKind.Pool,
        _ => null,
    };

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "The limit NumberPool:Limits:{Kind} refuses leases; the next may be granted at {RetryAt:O}. Told once a minute at most")]
    private partial void LogReached(LimitKind kind, DateTimeOffset retryAt);
}
