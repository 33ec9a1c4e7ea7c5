using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace FlashCall.NumberPool.Ranges;

/// <summary>Draws numbers that nobody can foresee.</summary>
internal static class UniformDraw
{
    /// <summary>A whole number from 0 up to, not including, the bound, each with the same chance, from the operating system's
    /// generator.</summary>
    /// <param name="bound">1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bound is 0 or less.</exception>
    public static long Below(long bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        if (bound == 1)
            return 0;
        // Draw as many bits as the bound has and draw again above it, less than twice on average. A remainder instead would favour the low
        // numbers.
        var mask = ulong.MaxValue >> BitOperations.LeadingZeroCount((ulong)bound - 1);
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        while (true)
        {
            RandomNumberGenerator.Fill(bytes);
            var drawn = BinaryPrimitives.ReadUInt64LittleEndian(bytes) & mask;
            if (drawn < (ulong)bound)
                return (long)drawn;
        }
    }
}
