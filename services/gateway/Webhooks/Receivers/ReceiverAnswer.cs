namespace FlashCall.Gateway.Webhooks.Receivers;

/// <summary>What came of a request to a receiver: a status, or the error that kept it from coming.</summary>
internal sealed record ReceiverAnswer
{
    /// <summary>The HTTP status; null where none came.</summary>
    public int? Status { get; init; }

    /// <summary>Why none came, one of <see cref="ReceiverErrors"/>.</summary>
    public string? Error { get; init; }

    /// <summary>The beginning of the body, as far as it was asked for and came in time. A stranger wrote it.</summary>
    public byte[] Body { get; init; } = [];

    /// <summary>For how long the receiver asks to be left alone (RFC 9110 §10.2.3).</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>From the beginning to the status or the error.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Whether the receiver took it: any status of success. A redirect is none, and is not followed.</summary>
    public bool IsSuccess => Status is >= 200 and <= 299;
}

/// <summary>Why a delivery got no answer, as stable codes.</summary>
internal static class ReceiverErrors
{
    /// <summary>The name stands for an address that is not public.</summary>
    public const string AddressNotAllowed = "address_not_allowed";

    /// <summary>The name is not known.</summary>
    public const string NameNotResolved = "name_not_resolved";

    /// <summary>Nobody takes connections there, or the connection broke.</summary>
    public const string ConnectionFailed = "connection_failed";

    /// <summary>No TLS connection: its certificate is not trusted, not for this name, or has expired.</summary>
    public const string TlsFailed = "tls_failed";

    /// <summary>The answer is not HTTP, or its headers are too large.</summary>
    public const string InvalidResponse = "invalid_response";

    /// <summary>No answer in time.</summary>
    public const string Timeout = "timeout";

    /// <summary>The process that sent it is gone, and nobody knows what came of it.</summary>
    public const string Interrupted = "interrupted";

    /// <summary>The stored secret was encrypted under another key than <c>Gateway:SecretsKey</c>.</summary>
    public const string SecretUnreadable = "secret_unreadable";

    /// <summary>The webhook is switched off.</summary>
    public const string WebhookDisabled = "webhook_disabled";
}
