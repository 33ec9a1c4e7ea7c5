using System.Security.Cryptography;
using System.Text;

namespace FlashCall.Contracts;

/// <summary>How messages are named: after what caused them, so that receivers can tell a repeat from news.</summary>
public static class MessageId
{
    /// <summary>
    /// The id of a message that follows from another thing: the same cause and role give the same id, so that a repeat can be told from news.
    /// </summary>
    /// <param name="cause">The session, attempt or message that caused it.</param>
    /// <param name="role">What it is in relation to the cause, such as <c>risk-assessed</c>.</param>
    public static Guid Derive(Guid cause, string role)
    {
        Span<byte> input = stackalloc byte[16 + Encoding.UTF8.GetMaxByteCount(role.Length)];
        cause.TryWriteBytes(input, bigEndian: true, out _);
        var length = 16 + Encoding.UTF8.GetBytes(role, input[16..]);
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(input[..length], hash);
        // A name-based UUID of version 8 (RFC 9562 §5.8): SHA-256, the variant and version bits set.
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
