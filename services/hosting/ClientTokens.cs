using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;

namespace FlashCall.Hosting;

/// <summary>What a client token says: its bearer may act on one session, and on nothing else.</summary>
/// <param name="SessionId">The session.</param>
/// <param name="ApplicationId">The application that started it.</param>
/// <param name="ExpiresAt">When the token ends (UTC, whole seconds).</param>
public sealed record ClientToken(Guid SessionId, string ApplicationId, DateTimeOffset ExpiresAt);

/// <summary>
/// Makes and reads client tokens: what a backend hands to a device, so that no secret sits in an app. The verification service makes one
/// for each session, the gateway reads it; both hold <c>ClientTokens:Key</c>. <c>fct_</c>, what it says in base64url, a dot, and an
/// HMAC-SHA256 of what it says (RFC 2104): the same session always has the same token, and nothing has to be looked up.
/// </summary>
public sealed class ClientTokens
{
    /// <summary>How tokens begin, so that people and secret scanners recognize them.</summary>
    public const string Prefix = "fct_";

    private const byte Form = 1;
    private const int FixedLength = 1 + 16 + 8;
    private const int LongestApplicationId = 64;
    private const int LongestToken = 256;

    private readonly byte[] _key;
    private readonly byte[]? _previousKey;

    private ClientTokens(byte[] key, byte[]? previousKey)
    {
        _key = key;
        _previousKey = previousKey;
    }

    /// <summary>Reads the settings <c>ClientTokens:Key</c>, and <c>ClientTokens:PreviousKey</c>, under which tokens still count while a new
    /// key comes into use.</summary>
    /// <returns>Null where the key is missing or wrong, which <paramref name="mistakes"/> then knows.</returns>
    public static ClientTokens? Read(IConfiguration configuration, SettingsMistakes mistakes)
    {
        var section = configuration.GetSection(nameof(ClientTokens));
        mistakes.RefuseUnknown(section, "Key", "PreviousKey");
        var key = mistakes.ReadKey(section.GetSection("Key"), isRequired: true);
        var previous = mistakes.ReadKey(section.GetSection("PreviousKey"), isRequired: false);
        return key is null ? null : new ClientTokens(key, previous);
    }

    /// <summary>The token as text.</summary>
    public string Write(ClientToken token)
    {
        var said = new byte[FixedLength + Encoding.ASCII.GetByteCount(token.ApplicationId)];
        said[0] = Form;
        token.SessionId.TryWriteBytes(said.AsSpan(1), bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(said.AsSpan(17), token.ExpiresAt.ToUnixTimeSeconds());
        Encoding.ASCII.GetBytes(token.ApplicationId, said.AsSpan(FixedLength));
        return $"{Prefix}{Base64Url.EncodeToString(said)}.{Base64Url.EncodeToString(HMACSHA256.HashData(_key, said))}";
    }

    /// <summary>Reads a token.</summary>
    /// <param name="text">The token with its prefix.</param>
    /// <param name="now">The time (UTC).</param>
    /// <returns>Null where it is none of ours, or has expired.</returns>
    public ClientToken? Read(ReadOnlySpan<char> text, DateTimeOffset now)
    {
        if (text.Length > LongestToken || !text.StartsWith(Prefix, StringComparison.Ordinal))
            return null;
        text = text[Prefix.Length..];
        var dot = text.IndexOf('.');
        if (dot < 0)
            return null;
        Span<byte> said = stackalloc byte[LongestToken];
        Span<byte> code = stackalloc byte[LongestToken];
        if (!Base64Url.IsValid(text[..dot]) || !Base64Url.IsValid(text[(dot + 1)..])
            || !Base64Url.TryDecodeFromChars(text[..dot], said, out var length)
            || !Base64Url.TryDecodeFromChars(text[(dot + 1)..], code, out var codeLength)
            || length is <= FixedLength or > FixedLength + LongestApplicationId || codeLength != HMACSHA256.HashSizeInBytes)
        {
            return null;
        }
        said = said[..length];
        code = code[..codeLength];
        if (!IsSignedWith(_key, said, code) && (_previousKey is null || !IsSignedWith(_previousKey, said, code)))
            return null;
        // Signed by us, so what follows is as we wrote it, or as a newer version did.
        if (said[0] != Form)
            return null;
        var token = new ClientToken(
            new Guid(said.Slice(1, 16), bigEndian: true),
            Encoding.ASCII.GetString(said[FixedLength..]),
            DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64BigEndian(said[17..])));
        return now < token.ExpiresAt ? token : null;
    }

    private static bool IsSignedWith(byte[] key, ReadOnlySpan<byte> said, ReadOnlySpan<byte> code)
    {
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, said, expected);
        return CryptographicOperations.FixedTimeEquals(expected, code);
    }
}
