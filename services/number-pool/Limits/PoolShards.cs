using System.Buffers.Binary;

namespace FlashCall.NumberPool.Limits;

/// <summary>
/// The pool's own limit, parted into equal shares with a row each: one row that every lease changes would let them through one commit at a
/// time. A lease is charged to the share that its attempt falls on, so what all shares together allow is the limit, and one share may be
/// used up a little before the others.
/// </summary>
internal sealed class PoolShards
{
    /// <summary>Shares wait for commits beside each other; more than this no machine commits at once.</summary>
    private const int Most = 32;

    /// <summary>A share is no smaller, so that chance does not use one up long before the others.</summary>
    private const int SmallestBurst = 50;

    /// <param name="limit">The limit on the pool.</param>
    public PoolShards(RateLimit limit)
    {
        Count = Math.Clamp(limit.Burst / SmallestBurst, 1, Most);
        Every = limit.Every * Count;
        Burst = limit.Burst / Count;
    }

    /// <summary>How many shares.</summary>
    public int Count { get; }

    /// <summary>The time between two leases of one share.</summary>
    public TimeSpan Every { get; }

    /// <summary>How many leases of one share at once.</summary>
    public int Burst { get; }

    /// <summary>The share of an attempt.</summary>
    /// <param name="attemptId">The attempt; the last bits of its id are random (UUIDv7, RFC 9562 §5.7).</param>
    public int Of(Guid attemptId)
    {
        Span<byte> bytes = stackalloc byte[16];
        attemptId.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]) % Count;
    }
}
