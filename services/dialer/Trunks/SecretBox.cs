using System.Security.Cryptography;
using System.Text.Json;
using FlashCall.Hosting;

namespace FlashCall.Dialer.Trunks;

/// <summary>Encrypts the secrets of trunks for the database, each bound to its trunk's name.</summary>
/// <param name="key">32 bytes (<c>Dialer:SecretsKey</c>); null where no trunk has a secret.</param>
internal sealed class SecretBox(byte[]? key)
{
    private readonly SealedBox? _box = key is null ? null : new SealedBox(key);

    /// <summary>Whether there is a key.</summary>
    public bool HasKey => _box is not null;

    /// <summary>Encrypts the secrets of a trunk.</summary>
    /// <returns>Null where there are none.</returns>
    /// <exception cref="InvalidOperationException">There is no key; see <see cref="HasKey"/>.</exception>
    public byte[]? Seal(string trunk, TrunkSecrets secrets)
    {
        if (secrets.Fields.Count == 0)
            return null;
        var plain = JsonSerializer.SerializeToUtf8Bytes(secrets);
        var box = (_box ?? throw new InvalidOperationException("There is no key to encrypt secrets with.")).Seal(trunk, plain);
        CryptographicOperations.ZeroMemory(plain);
        return box;
    }

    /// <summary>Decrypts them.</summary>
    /// <returns>Null where they were encrypted under another key, for another trunk, or there is no key now.</returns>
    public TrunkSecrets? Open(string trunk, byte[]? box)
    {
        if (box is null)
            return TrunkSecrets.None;
        if (_box?.Open(trunk, box) is not { } plain)
            return null;
        var secrets = JsonSerializer.Deserialize<TrunkSecrets>(plain);
        CryptographicOperations.ZeroMemory(plain);
        return secrets;
    }
}
