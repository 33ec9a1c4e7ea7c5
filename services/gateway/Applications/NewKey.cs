using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace FlashCall.Gateway.Applications;

/// <summary>A key that is being made: the only moment at which its secrets are there to be shown. No record, so that nothing writes them
/// out by itself.</summary>
internal sealed class NewKey
{
    private const int SecretSize = 32;

    private NewKey(string apiKey, byte[] signingSecret)
    {
        ApiKey = apiKey;
        SigningSecret = signingSecret;
    }

    /// <summary>Names the key; no secret.</summary>
    public Guid Id { get; } = Guid.CreateVersion7();

    /// <summary>Its name for people; null for none.</summary>
    public string? Name { get; init; }

    /// <summary>When it ends (UTC); null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>What is sent as <c>Authorization: Bearer</c>: <see cref="ApplicationDirectory.KeyPrefix"/> and 43 characters.</summary>
    public string ApiKey { get; }

    /// <summary>What requests are signed with, 32 bytes.</summary>
    public byte[] SigningSecret { get; }

    /// <summary>What is kept of the API key. Nobody finds 256 random bits by trying, so that a plain hash is enough, and looking a key up
    /// costs no more than that.</summary>
    public byte[] Hash => SHA256.HashData(Encoding.UTF8.GetBytes(ApiKey));

    /// <summary>A random key.</summary>
    public static NewKey Make(string? name, DateTimeOffset? expiresAt) => new(
        ApplicationDirectory.KeyPrefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretSize)),
        RandomNumberGenerator.GetBytes(SecretSize))
    {
        Name = name,
        ExpiresAt = expiresAt,
    };

    /// <summary>A key with an API key that is known already.</summary>
    /// <param name="apiKey">The API key: at least 256 bits that nobody can guess.</param>
    public static NewKey Known(string apiKey) => new(apiKey, RandomNumberGenerator.GetBytes(SecretSize));
}
