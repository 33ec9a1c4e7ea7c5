using System.Security.Cryptography;
using System.Text;
using FlashCall.Hosting;

namespace FlashCall.Gateway.Webhooks;

/// <summary>Where an application wants to be told what happened.</summary>
internal sealed record Webhook
{
    /// <summary>How many an application may have.</summary>
    public const int MostOfApplication = 20;

    /// <summary>Its id (UUIDv7).</summary>
    public required Guid Id { get; init; }

    /// <summary>Whose it is.</summary>
    public required string ApplicationId { get; init; }

    /// <summary>Where to send to.</summary>
    public required string Url { get; init; }

    /// <summary>What to send, from <see cref="WebhookEvents.All"/>.</summary>
    public required IReadOnlyList<string> Events { get; init; }

    /// <summary>Whether anything is sent.</summary>
    public required bool Enabled { get; init; }

    /// <summary>Why it is not enabled where the application did not say so.</summary>
    public string? DisabledReason { get; init; }

    /// <summary>When the secret before this one ends (UTC); null where there is none.</summary>
    public DateTimeOffset? PreviousSecretUntil { get; init; }

    /// <summary>One higher with every change.</summary>
    public required long Version { get; init; }

    /// <summary>When it was made (UTC).</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last (UTC).</summary>
    public required DateTimeOffset ChangedAt { get; init; }
}

/// <summary>What applications can be told.</summary>
internal static class WebhookEvents
{
    /// <summary>A session has reached its end, whichever.</summary>
    public const string VerificationEnded = "verification.ended";

    /// <summary>Every event there is.</summary>
    public static readonly IReadOnlyList<string> All = [VerificationEnded];
}

/// <summary>The secrets that webhooks are signed with: 32 random bytes, as people see them <c>whsec_</c> and base64.</summary>
/// <param name="box">Encrypts them for the database.</param>
internal sealed class WebhookSecrets(SealedBox box)
{
    /// <summary>How secrets begin, after Standard Webhooks.</summary>
    public const string Prefix = "whsec_";

    /// <summary>How long the old secret signs beside a new one.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromHours(24);

    private const int Size = 32;

    /// <summary>A new secret, as it is shown and as it is stored.</summary>
    public (string Shown, byte[] Sealed) New(Guid webhookId)
    {
        var secret = RandomNumberGenerator.GetBytes(Size);
        return (Prefix + Convert.ToBase64String(secret), box.Seal(Owner(webhookId), secret));
    }

    /// <summary>The secret; null where it was encrypted under another key.</summary>
    public byte[]? Open(Guid webhookId, ReadOnlySpan<byte> stored) => box.Open(Owner(webhookId), stored);

    private static string Owner(Guid webhookId) => $"webhook:{webhookId}";
}

/// <summary>Signs as Standard Webhooks has it (its specification 1.0, symmetric signatures): HMAC-SHA256 over id, time and body.</summary>
internal static class StandardSignature
{
    /// <summary>The header's value: a signature for each secret, so that receivers that know the one or the other are content.</summary>
    /// <param name="secrets">The secrets, the newest first.</param>
    /// <param name="messageId">The header <c>webhook-id</c>.</param>
    /// <param name="timestamp">The header <c>webhook-timestamp</c>, seconds since 1970.</param>
    /// <param name="body">The body as it is sent.</param>
    public static string Of(IEnumerable<byte[]> secrets, string messageId, long timestamp, ReadOnlySpan<byte> body)
    {
        var signed = (byte[])[.. Encoding.UTF8.GetBytes($"{messageId}.{timestamp}."), .. body];
        return string.Join(' ', secrets.Select(secret => "v1," + Convert.ToBase64String(HMACSHA256.HashData(secret, signed))));
    }
}
