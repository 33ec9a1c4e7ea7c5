using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;

namespace FlashCall.Gateway.Applications;

/// <summary>All applications, at one moment.</summary>
internal sealed class ApplicationSnapshot
{
    /// <summary>Nobody.</summary>
    public static readonly ApplicationSnapshot Empty = new([]);

    private readonly FrozenDictionary<string, Application> _byId;
    private readonly FrozenDictionary<Guid, (Application, ApplicationKey)> _byKeyId;
    private readonly FrozenDictionary<UInt128, (Application Application, ApplicationKey Key)> _byHash;

    public ApplicationSnapshot(IReadOnlyList<Application> applications)
    {
        All = applications;
        _byId = applications.ToFrozenDictionary(application => application.Id, StringComparer.Ordinal);
        _byKeyId = applications.SelectMany(application => application.Keys.Select(key => (application, key)))
            .ToFrozenDictionary(one => one.key.Id);
        _byHash = applications.SelectMany(application => application.Keys.Select(key => (application, key)))
            .ToFrozenDictionary(one => FirstHalf(one.key.Hash));
    }

    /// <summary>Every application.</summary>
    public IReadOnlyList<Application> All { get; }

    /// <summary>The application with this id; null if there is none.</summary>
    public Application? Find(string id) => _byId.GetValueOrDefault(id);

    /// <summary>The key with this id, and whose it is; null if there is none.</summary>
    public (Application Application, ApplicationKey Key)? FindKey(Guid keyId) =>
        _byKeyId.TryGetValue(keyId, out var found) ? found : null;

    /// <summary>The key with this hash, and whose it is; null if there is none. How long it takes tells nothing that helps to find another: it
    /// depends on the hash, which nobody can choose.</summary>
    public (Application Application, ApplicationKey Key)? FindHash(ReadOnlySpan<byte> hash) =>
        _byHash.TryGetValue(FirstHalf(hash), out var found) && CryptographicOperations.FixedTimeEquals(found.Key.Hash, hash) ? found : null;

    private static UInt128 FirstHalf(ReadOnlySpan<byte> hash) => System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash);
}

/// <summary>This replica's view of the applications, in memory: whoever asks is known without a look at the database.</summary>
internal sealed class ApplicationDirectory
{
    /// <summary>How API keys begin, so that people and secret scanners recognize them.</summary>
    public const string KeyPrefix = "fck_";

    /// <summary>Longer than any key; what is longer is not worth hashing.</summary>
    private const int LongestKey = 200;

    private volatile ApplicationSnapshot _current = ApplicationSnapshot.Empty;

    /// <summary>The newest view; nobody before the first.</summary>
    public ApplicationSnapshot Current => _current;

    /// <summary>Whether it has been told who there is. Before, an unknown key may be anybody's.</summary>
    public bool IsFilled => _current != ApplicationSnapshot.Empty;

    /// <summary>Takes a newer view.</summary>
    public void Take(ApplicationSnapshot snapshot) => _current = snapshot;

    /// <summary>The key that this text is, and whose; null if it is nobody's. Whether it has expired is the caller's to look at.</summary>
    public (Application Application, ApplicationKey Key)? FindApiKey(ReadOnlySpan<char> apiKey)
    {
        if (apiKey.Length is 0 or > LongestKey)
            return null;
        Span<byte> text = stackalloc byte[Encoding.UTF8.GetMaxByteCount(LongestKey)];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..Encoding.UTF8.GetBytes(apiKey, text)], hash);
        return _current.FindHash(hash);
    }
}
