using System.Buffers.Binary;
using System.Security.Cryptography;

namespace FlashCall.Sip;

/// <summary>Identifiers that peers must not be able to guess (RFC 3261 §8.1.1.4, §8.1.1.7, §19.3).</summary>
public static class SipId
{
    private const int TagBytes = 8;
    private const int CallIdBytes = 16;
    private const int NumberBytes = 8;

    // The generator is asked for many bytes at once: a question costs more than the bytes do.
    [ThreadStatic]
    private static Pool? _pool;

    /// <summary>One side of a dialog: 64 random bits.</summary>
    public static string NewTag() => string.Create(2 * TagBytes, 0, static (text, _) => Write(text, TagBytes));

    /// <summary>A call: 128 random bits, without the host that older texts add.</summary>
    public static string NewCallId() => string.Create(2 * CallIdBytes, 0, static (text, _) => Write(text, CallIdBytes));

    /// <summary>64 random bits.</summary>
    internal static ulong NewNumber() => BinaryPrimitives.ReadUInt64LittleEndian((_pool ??= new Pool()).Take(NumberBytes));

    private static void Write(Span<char> text, int count) =>
        Convert.TryToHexStringLower((_pool ??= new Pool()).Take(count), text, out _);

    private sealed class Pool
    {
        private readonly byte[] _bytes = new byte[1024];
        private int _used = 1024;

        public ReadOnlySpan<byte> Take(int count)
        {
            if (_bytes.Length - _used < count)
            {
                RandomNumberGenerator.Fill(_bytes);
                _used = 0;
            }
            _used += count;
            return _bytes.AsSpan(_used - count, count);
        }
    }
}
