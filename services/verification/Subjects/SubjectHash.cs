using System.Security.Cryptography;
using System.Text;
using FlashCall.Contracts;
using FlashCall.Verification.Results;

namespace FlashCall.Verification.Subjects;

/// <summary>What a number that is forgotten is known by: whoever has the number and the key can show that it was erased, and nobody else
/// learns which number it was. The key is derived from <c>Verification:SecretsKey</c>; under another one, what is shown for a number is
/// another hash.</summary>
internal sealed class SubjectHash(ResultSettings settings)
{
    private readonly byte[] _key = HKDF.DeriveKey(
        HashAlgorithmName.SHA256, settings.SecretsKey, HMACSHA256.HashSizeInBytes, info: "flashcall erased subjects"u8.ToArray());

    /// <summary>HMAC-SHA256 of the number in E.164, 32 bytes.</summary>
    public byte[] Of(PhoneNumber number) => HMACSHA256.HashData(_key, Encoding.ASCII.GetBytes(number.E164));
}
