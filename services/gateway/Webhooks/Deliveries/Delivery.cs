using System.Diagnostics;

namespace FlashCall.Gateway.Webhooks.Deliveries;

/// <summary>To whom a delivery goes, and with it, how it is signed.</summary>
internal abstract record Recipient
{
    private Recipient()
    {
    }

    /// <summary>Names the receiver: its deliveries share its room.</summary>
    public abstract string Name { get; }

    /// <summary>A webhook: sent to the address that it has then, signed after Standard Webhooks.</summary>
    /// <param name="Id">The webhook.</param>
    public sealed record Standard(Guid Id) : Recipient
    {
        public override string Name => Id.ToString();
    }

    /// <summary>The callback of the Sinch-compatible surface: signed with a secret of the application's keys.</summary>
    /// <param name="ApplicationId">The application.</param>
    /// <param name="Url">Where to.</param>
    /// <param name="Headers">Headers that do not depend on the moment; <c>Content-Type</c> and the signature's are not among them.</param>
    /// <param name="KeyId">The key to sign with, as long as the application has it; null for any.</param>
    public sealed record Sinch(string ApplicationId, Uri Url, IReadOnlyDictionary<string, string> Headers, Guid? KeyId = null) : Recipient
    {
        public override string Name => $"sinch:{ApplicationId}";
    }
}

/// <summary>Something that a receiver is to be told.</summary>
internal sealed record NewDelivery
{
    /// <summary>To whom.</summary>
    public required Recipient To { get; init; }

    /// <summary>The application that the receiver belongs to.</summary>
    public required string ApplicationId { get; init; }

    /// <summary>The session that it is about.</summary>
    public required Guid VerificationId { get; init; }

    /// <summary>What it is: one of <see cref="WebhookEvents"/>, or a name of the Sinch-compatible surface. A receiver is told of a session
    /// once each.</summary>
    public required string Type { get; init; }

    /// <summary>The JSON document to send.</summary>
    public required byte[] Body { get; init; }
}

/// <summary>A delivery that this replica is to send now, and nobody else for as long as the lease runs.</summary>
internal sealed record LeasedDelivery
{
    /// <summary>The delivery.</summary>
    public required Guid Id { get; init; }

    /// <summary>To whom.</summary>
    public required Recipient To { get; init; }

    /// <summary>The application that the receiver belongs to.</summary>
    public required string ApplicationId { get; init; }

    /// <summary>Where to.</summary>
    public required Uri Url { get; init; }

    /// <summary>The session that it is about.</summary>
    public required Guid VerificationId { get; init; }

    /// <summary>What it is.</summary>
    public required string Type { get; init; }

    /// <summary>The JSON document.</summary>
    public required byte[] Body { get; init; }

    /// <summary>The number of this attempt, from 1; stays counting when somebody has it sent again.</summary>
    public required int Attempt { get; init; }

    /// <summary>The number of this try in its series.</summary>
    public required int Tries { get; init; }

    /// <summary>When the series began.</summary>
    public required DateTimeOffset SeriesBegan { get; init; }

    /// <summary>When there was something to tell.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Whether the webhook still wants it.</summary>
    public required bool IsWanted { get; init; }

    /// <summary>The webhook's encrypted secrets that sign, the newest first.</summary>
    public IReadOnlyList<byte[]> Secrets { get; init; } = [];

    /// <summary>The trace of what caused it.</summary>
    public ActivityContext Trace { get; init; }

    /// <summary>Names what is told, the same at each attempt: receivers recognize repeats by it.</summary>
    public string MessageId => MessageIdOf(VerificationId, Type);

    /// <summary>The same by what is told.</summary>
    public static string MessageIdOf(Guid verificationId, string type) => $"msg_{Contracts.MessageId.Derive(verificationId, type):N}";
}

/// <summary>What came of an attempt, and what comes next.</summary>
/// <param name="Duration">How long it took; zero where nothing was sent.</param>
/// <param name="StatusCode">What the receiver answered, if it did.</param>
/// <param name="Error">Why there was no answer, one of <see cref="Receivers.ReceiverErrors"/>.</param>
/// <param name="Response">The beginning of the answer's body.</param>
internal sealed record AttemptResult(TimeSpan Duration, int? StatusCode, string? Error, string? Response);

/// <summary>What becomes of a delivery.</summary>
internal abstract record NextStep
{
    private NextStep()
    {
    }

    /// <summary>The receiver has it.</summary>
    public sealed record Delivered : NextStep;

    /// <summary>It is tried again.</summary>
    public sealed record Retry(DateTimeOffset DueAt) : NextStep;

    /// <summary>It is not tried again by itself.</summary>
    public sealed record Failed : NextStep;
}
