using System.Security.Cryptography;
using System.Text;

namespace FlashCall.Gateway.Access;

/// <summary>
/// Finds the application that an API key belongs to, in memory and in a time that tells nothing: the key is hashed, and the hash is
/// compared with every known one in full, whether or where it is found. 1,000 keys take some 10 µs.
/// </summary>
internal sealed class ApiKeys(IEnumerable<Application> applications)
{
    /// <summary>How keys begin, so that people and secret scanners recognize them.</summary>
    public const string Prefix = "fck_";

    /// <summary>Longer than any key; what is longer is not worth hashing.</summary>
    private const int LongestKey = 200;

    private readonly (byte[] Hash, Application Application)[] _keys =
        [.. applications.SelectMany(application => application.KeyHashes.Select(hash => (hash, application)))];

    /// <summary>The application whose key this is, or null if it is nobody's.</summary>
    public Application? Find(ReadOnlySpan<char> key)
    {
        if (key.Length is 0 or > LongestKey)
            return null;
        Span<byte> text = stackalloc byte[Encoding.UTF8.GetMaxByteCount(LongestKey)];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..Encoding.UTF8.GetBytes(key, text)], hash);
        Application? found = null;
        foreach (var (known, application) in _keys)
        {
            if (CryptographicOperations.FixedTimeEquals(known, hash))
                found = application;
        }
        return found;
    }
}
