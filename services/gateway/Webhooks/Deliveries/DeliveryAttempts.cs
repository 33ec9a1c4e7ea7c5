using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Mime;
using System.Text;
using FlashCall.Gateway.Applications;
using FlashCall.Gateway.Sinch;
using FlashCall.Gateway.Webhooks.Receivers;
using FlashCall.Hosting;

namespace FlashCall.Gateway.Webhooks.Deliveries;

/// <summary>Makes one attempt: signs, sends, and writes down what came of it and what comes next.</summary>
internal sealed partial class DeliveryAttempts(
    DeliveryStore deliveries, WebhookStore webhooks, WebhookSecrets secrets, ApplicationDirectory applications, ReceiverClient receivers,
    DeliveryMetrics metrics, TimeProvider time, ILogger<DeliveryAttempts> logger)
{
    /// <summary>Why a webhook is switched off whose receiver says that it is gone for good.</summary>
    public const string Gone = "gone";

    /// <summary>The bytes of an answer that are kept.</summary>
    private const int KeepOfAnswer = 1024;

    private static readonly AttemptResult NotSent = new(TimeSpan.Zero, StatusCode: null, Error: null, Response: null);

    /// <summary>Makes the attempt.</summary>
    public async Task MakeAsync(LeasedDelivery delivery, CancellationToken cancellationToken)
    {
        // The first attempt ends the session's trace. Later ones have traces of their own, since the session's may be a day old then; the
        // link leads there.
        var isFirst = delivery.Attempt == 1;
        using var span = Telemetry.Source.StartActivity(
            ActivityKind.Client, name: Telemetry.Delivery, parentContext: isFirst ? delivery.Trace : default,
            links: isFirst || delivery.Trace == default ? null : [new ActivityLink(delivery.Trace)]);
        span?.SetTag("flashcall.delivery.id", delivery.Id.ToString())
            .SetTag("flashcall.verification.id", delivery.VerificationId.ToString())
            .SetTag("flashcall.delivery.attempt", delivery.Attempt)
            .SetTag("server.address", delivery.Url.Host).SetTag("server.port", delivery.Url.Port);
        var (result, next) = await TryAsync(delivery, cancellationToken);
        span?.SetTag("http.response.status_code", result.StatusCode).SetTag("error.type", result.Error)
            .SetStatus(next is NextStep.Delivered ? ActivityStatusCode.Unset : ActivityStatusCode.Error);
        await deliveries.FinishAsync(delivery, result, next, cancellationToken);
        metrics.Tried(delivery, result, next);
        if (next is NextStep.Failed)
            LogFailed(delivery.Id, delivery.ApplicationId, delivery.Attempt, result.StatusCode, result.Error);
    }

    private async Task<(AttemptResult Result, NextStep Next)> TryAsync(LeasedDelivery delivery, CancellationToken cancellationToken)
    {
        if (!delivery.IsWanted)
            return (NotSent with { Error = ReceiverErrors.WebhookDisabled }, new NextStep.Failed());
        // More tries than the schedule has: each ended with its process. It may be what ends them.
        if (delivery.Tries > RetrySchedule.MostTries)
            return (NotSent with { Error = ReceiverErrors.Interrupted }, new NextStep.Failed());
        if (Sign(delivery) is not { } headers)
        {
            LogSecretUnreadable(delivery.Id, delivery.ApplicationId);
            return Retry(delivery, NotSent with { Error = ReceiverErrors.SecretUnreadable }, retryAfter: null);
        }
        var contentType = delivery.To is Recipient.Sinch ? SinchSignature.ContentType : MediaTypeNames.Application.Json;
        var answer = await receivers.PostAsync(delivery.Url, headers, contentType, delivery.Body, KeepOfAnswer, cancellationToken);
        var result = new AttemptResult(answer.Duration, answer.Status, answer.Error, TextOf(answer.Body));
        if (answer.IsSuccess)
            return (result, new NextStep.Delivered());
        if (answer.Status == (int)HttpStatusCode.Gone && delivery.To is Recipient.Standard webhook)
        {
            await webhooks.DisableAsync(webhook.Id, Gone, cancellationToken);
            return (result, new NextStep.Failed());
        }
        return Retry(delivery, result, answer.RetryAfter);
    }

    private (AttemptResult, NextStep) Retry(LeasedDelivery delivery, AttemptResult result, TimeSpan? retryAfter) =>
        RetrySchedule.Next(delivery.SeriesBegan, delivery.Tries, time.GetUtcNow(), retryAfter, Random.Shared.NextDouble()) is { } dueAt
            ? (result, new NextStep.Retry(dueAt))
            : (result, new NextStep.Failed());

    /// <summary>The headers that show who sends it; null where no secret can be read.</summary>
    private IReadOnlyCollection<KeyValuePair<string, string>>? Sign(LeasedDelivery delivery)
    {
        var now = time.GetUtcNow();
        switch (delivery.To)
        {
            case Recipient.Standard webhook:
                var keys = delivery.Secrets.Select(stored => secrets.Open(webhook.Id, stored)).OfType<byte[]>().ToArray();
                var timestamp = now.ToUnixTimeSeconds();
                return keys.Length == 0
                    ? null
                    :
                    [
                        new("webhook-id", delivery.MessageId),
                        new("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture)),
                        new("webhook-signature", StandardSignature.Of(keys, delivery.MessageId, timestamp, delivery.Body)),
                    ];
            case Recipient.Sinch sinch:
                var key = applications.Current.Find(sinch.ApplicationId) is { } application
                    ? SinchKeys.Choose(application, sinch.KeyId, now)
                    : null;
                return key is null
                    ? null
                    :
                    [
                        .. sinch.Headers,
                        .. SinchSignature.Of(key.Id, key.SigningSecret!, HttpMethod.Post, delivery.Url, delivery.Body, now),
                    ];
            default:
                throw new ArgumentOutOfRangeException(nameof(delivery));
        }
    }

    /// <summary>What a receiver wrote, for people to read: as text, without what could do something where it is shown.</summary>
    private static string? TextOf(byte[] body) =>
        body.Length == 0
            ? null
            : string.Concat(Encoding.UTF8.GetString(body).Select(sign => char.IsControl(sign) && sign is not '\n' ? ' ' : sign));

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Gave up delivery {Delivery} of application {Application} after attempt {Attempt}: status {Status}, error {Error}")]
    private partial void LogFailed(Guid delivery, string application, int attempt, int? status, string? error);

    [LoggerMessage(Level = LogLevel.Error, Message =
        "Delivery {Delivery} of application {Application} cannot be signed: no secret of it can be read. Gateway:SecretsKey must be "
        + "the one that secrets were stored under, or the application has to get new ones.")]
    private partial void LogSecretUnreadable(Guid delivery, string application);
}
