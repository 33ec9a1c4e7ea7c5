using System.Buffers.Binary;
using System.Buffers.Text;
using System.Runtime.InteropServices;

namespace FlashCall.Verification.Storage;

/// <summary>A place in the list of sessions, newest first: what a cursor stands for. Sessions that begin later come before it, so that
/// whoever reads on from it meets each older one once.</summary>
/// <param name="CreatedAt">When the session there began (UTC, whole microseconds, as PostgreSQL keeps it).</param>
/// <param name="Id">The session.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct VerificationPlace(DateTimeOffset CreatedAt, Guid Id)
{
    private const byte Form = 1;
    private const int Length = 1 + 8 + 16;

    /// <summary>The place as an opaque text of base64url.</summary>
    public string Write()
    {
        Span<byte> bytes = stackalloc byte[Length];
        bytes[0] = Form;
        BinaryPrimitives.WriteInt64BigEndian(bytes[1..], CreatedAt.UtcTicks / TimeSpan.TicksPerMicrosecond);
        Id.TryWriteBytes(bytes[9..], bigEndian: true, out _);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Reads a cursor.</summary>
    /// <returns>False where it is none of ours.</returns>
    public static bool TryRead(string cursor, out VerificationPlace place)
    {
        place = default;
        Span<byte> bytes = stackalloc byte[Length];
        if (!Base64Url.IsValid(cursor, out var length) || length != Length
            || !Base64Url.TryDecodeFromChars(cursor, bytes, out _) || bytes[0] != Form)
        {
            return false;
        }
        var microseconds = BinaryPrimitives.ReadInt64BigEndian(bytes[1..]);
        if (microseconds < 0 || microseconds > DateTimeOffset.MaxValue.UtcTicks / TimeSpan.TicksPerMicrosecond)
            return false;
        place = new VerificationPlace(
            new DateTimeOffset(microseconds * TimeSpan.TicksPerMicrosecond, TimeSpan.Zero), new Guid(bytes[9..], bigEndian: true));
        return true;
    }
}
