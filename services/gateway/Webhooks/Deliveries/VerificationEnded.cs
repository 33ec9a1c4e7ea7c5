using System.Text.Encodings.Web;
using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Gateway.Services;
using MassTransit;

namespace FlashCall.Gateway.Webhooks.Deliveries;

/// <summary>A session that has ended, and how it then stands, which is asked for when somebody wants to know.</summary>
/// <param name="completed">What the verification service published.</param>
/// <param name="verifications">Where to ask.</param>
internal sealed class EndedVerification(VerificationCompleted completed, VerificationClient verifications)
{
    private JsonElement? _view;

    /// <summary>What the verification service published.</summary>
    public VerificationCompleted Completed => completed;

    /// <summary>The session as <c>GET /v1/verifications/{id}</c> shows it to its application.</summary>
    /// <exception cref="VerificationUnavailableException">The service does not answer, cannot now, or does not take the gateway's word:
    /// nothing of the session's doing.</exception>
    /// <exception cref="InvalidOperationException">The service does not have the session, or has another opinion of it.</exception>
    public async Task<JsonElement> ViewAsync(CancellationToken cancellationToken)
    {
        if (_view is { } known)
            return known;
        var answer = await verifications.GetAsync(completed.ApplicationId, completed.VerificationId, cancellationToken);
        if (!answer.IsSuccess)
        {
            var problem = $"The verification service answered {answer.Status} to the look-up of {completed.VerificationId}, "
                + "which it said has ended.";
            throw answer.Status is >= 500 or StatusCodes.Status429TooManyRequests
                    or StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden
                ? new VerificationUnavailableException(problem)
                : new InvalidOperationException(problem);
        }
        _view = answer.Body;
        return answer.Body;
    }
}

/// <summary>Somebody who is told when sessions end.</summary>
internal interface IAudience
{
    /// <summary>What is to be delivered because a session has ended; nothing where nobody wants to know.</summary>
    Task<IReadOnlyList<NewDelivery>> HearAsync(EndedVerification ended, CancellationToken cancellationToken);
}

/// <summary>The applications' webhooks.</summary>
internal sealed class WebhookAudience(WebhookStore webhooks) : IAudience
{
    /// <summary>Numbers with their plus sign, names in their letters: no page of HTML takes this in.</summary>
    private static readonly JsonSerializerOptions Json =
        new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task<IReadOnlyList<NewDelivery>> HearAsync(EndedVerification ended, CancellationToken cancellationToken)
    {
        var completed = ended.Completed;
        var subscribed = await webhooks.SubscribedAsync(completed.ApplicationId, WebhookEvents.VerificationEnded, cancellationToken);
        if (subscribed.Count == 0)
            return [];
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new WebhookMessage(WebhookEvents.VerificationEnded, completed.CompletedAt, await ended.ViewAsync(cancellationToken)),
            Json);
        return
        [
            .. subscribed.Select(id => new NewDelivery
            {
                To = new Recipient.Standard(id),
                ApplicationId = completed.ApplicationId,
                VerificationId = completed.VerificationId,
                Type = WebhookEvents.VerificationEnded,
                Body = body,
            }),
        ];
    }

    /// <summary>A webhook's body, as Standard Webhooks advises.</summary>
    private sealed record WebhookMessage(string Type, DateTimeOffset Timestamp, JsonElement Data);
}

/// <summary>Takes it from the bus that a session has ended, and writes down what is to be delivered. A repeat of the message adds nothing;
/// while the verification service does not answer, the message is tried again.</summary>
internal sealed class VerificationEndedConsumer(
    IEnumerable<IAudience> audiences, VerificationClient verifications, DeliveryStore deliveries, DeliverySender sender)
    : IConsumer<VerificationCompleted>
{
    public async Task Consume(ConsumeContext<VerificationCompleted> context)
    {
        var ended = new EndedVerification(context.Message, verifications);
        var wanted = new List<NewDelivery>();
        foreach (var audience in audiences)
            wanted.AddRange(await audience.HearAsync(ended, context.CancellationToken));
        if (wanted.Count > 0 && await deliveries.AddAsync(wanted, context.CancellationToken) > 0)
            sender.Wake();
    }
}
