using System.Security.Cryptography;
using System.Text;

namespace FlashCall.Hosting;

/// <summary>
/// Encrypts secrets for the database: AES-256-GCM (NIST SP 800-38D) with a fresh random nonce each time, bound to what they belong to, so
/// that a row cannot be given another's secret. One key serves some four billion secrets before nonces might meet.
/// </summary>
/// <param name="key">32 bytes, see <see cref="SettingsMistakes.ReadKey"/>.</param>
public sealed class SealedBox(byte[] key)
{
    /// <summary>The length of the key, bytes.</summary>
    public const int KeySize = 32;

    /// <summary>The form of a box, its first byte, so that there can be another one some day: nonce, tag, what is encrypted.</summary>
    private const byte Form = 1;

    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const int Overhead = 1 + NonceSize + TagSize;

    /// <summary>Encrypts a secret.</summary>
    /// <param name="owner">What it belongs to; it can be opened for the same alone.</param>
    /// <param name="secret">The secret.</param>
    public byte[] Seal(string owner, ReadOnlySpan<byte> secret)
    {
        var box = new byte[Overhead + secret.Length];
        box[0] = Form;
        RandomNumberGenerator.Fill(box.AsSpan(1, NonceSize));
        using var aes = new AesGcm(key, TagSize);
        aes.Encrypt(
            box.AsSpan(1, NonceSize), secret, box.AsSpan(Overhead), box.AsSpan(1 + NonceSize, TagSize), Encoding.UTF8.GetBytes(owner));
        return box;
    }

    /// <summary>Decrypts it.</summary>
    /// <returns>Null where it was encrypted under another key or for another owner, or is no box.</returns>
    public byte[]? Open(string owner, ReadOnlySpan<byte> box)
    {
        if (box.Length < Overhead || box[0] != Form)
            return null;
        var secret = new byte[box.Length - Overhead];
        using var aes = new AesGcm(key, TagSize);
        try
        {
            aes.Decrypt(
                box.Slice(1, NonceSize), box[Overhead..], box.Slice(1 + NonceSize, TagSize), secret, Encoding.UTF8.GetBytes(owner));
            return secret;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}
