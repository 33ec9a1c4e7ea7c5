using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace FlashCall.Dialer.Trunks;

/// <summary>
/// Encrypts the secrets of trunks for the database: AES-256-GCM (NIST SP 800-38D) with a fresh random nonce each time, bound to the
/// trunk's name, so that a row cannot be given another's secrets. One key serves some four billion changes before nonces might meet.
/// </summary>
/// <param name="key">32 bytes (<c>Dialer:SecretsKey</c>); null where no trunk has a secret.</param>
internal sealed class SecretBox(byte[]? key)
{
    /// <summary>The length of the key, bytes.</summary>
    public const int KeySize = 32;

    /// <summary>The form of a box, its first byte, so that there can be another one some day: nonce, tag, what is encrypted.</summary>
    private const byte Form = 1;

    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const int Overhead = 1 + NonceSize + TagSize;

    /// <summary>Whether there is a key.</summary>
    public bool HasKey => key is not null;

    /// <summary>Encrypts the secrets of a trunk.</summary>
    /// <returns>Null where there are none.</returns>
    /// <exception cref="InvalidOperationException">There is no key; see <see cref="HasKey"/>.</exception>
    public byte[]? Seal(string trunk, TrunkSecrets secrets)
    {
        if (secrets.Fields.Count == 0)
            return null;
        var plain = JsonSerializer.SerializeToUtf8Bytes(secrets);
        var box = new byte[Overhead + plain.Length];
        box[0] = Form;
        RandomNumberGenerator.Fill(box.AsSpan(1, NonceSize));
        using var aes = new AesGcm(key ?? throw new InvalidOperationException("There is no key to encrypt secrets with."), TagSize);
        aes.Encrypt(
            box.AsSpan(1, NonceSize), plain, box.AsSpan(Overhead), box.AsSpan(1 + NonceSize, TagSize), Encoding.UTF8.GetBytes(trunk));
        CryptographicOperations.ZeroMemory(plain);
        return box;
    }

    /// <summary>Decrypts them.</summary>
    /// <returns>Null where they were encrypted under another key, for another trunk, or there is no key now.</returns>
    public TrunkSecrets? Open(string trunk, byte[]? box)
    {
        if (box is null)
            return TrunkSecrets.None;
        if (key is null || box.Length <= Overhead || box[0] != Form)
            return null;
        var plain = new byte[box.Length - Overhead];
        using var aes = new AesGcm(key, TagSize);
        try
        {
            aes.Decrypt(
                box.AsSpan(1, NonceSize), box.AsSpan(Overhead), box.AsSpan(1 + NonceSize, TagSize), plain, Encoding.UTF8.GetBytes(trunk));
            return JsonSerializer.Deserialize<TrunkSecrets>(plain);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }
}
