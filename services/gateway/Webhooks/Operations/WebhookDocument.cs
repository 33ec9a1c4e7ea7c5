using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using FlashCall.Gateway.Webhooks.Receivers;
using FluentValidation;

namespace FlashCall.Gateway.Webhooks.Operations;

/// <summary>A webhook as an application writes it.</summary>
internal sealed record WebhookDocument
{
    /// <summary>Where to send to.</summary>
    public string? Url { get; init; }

    /// <summary>What to send, from <see cref="WebhookEvents.All"/>; all of it where it is left out.</summary>
    public IReadOnlyList<string?>? Events { get; init; }

    /// <summary>Whether anything is sent; so it is where it is left out.</summary>
    public bool? Enabled { get; init; }

    /// <summary>What nobody knows: a misspelt field would otherwise be its default, unnoticed.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unknown { get; init; }

    /// <summary>The events, once the document is known to be right.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Subscribed =>
        Events is null ? WebhookEvents.All : [.. Events.OfType<string>().Distinct(StringComparer.Ordinal)];

    internal sealed class Validator : AbstractValidator<WebhookDocument>
    {
        private const int MostUnknown = 16;
        private static readonly string Known = string.Join(", ", WebhookEvents.All);

        public Validator(WebhookSettings settings)
        {
            RuleFor(webhook => webhook.Url).Custom((url, context) =>
            {
                if (ReceiverUrl.Mistake(url, settings) is { } mistake)
                    context.AddFailure("url", mistake);
            });
            RuleFor(webhook => webhook.Events).Custom((events, context) =>
            {
                if (events is { Count: 0 })
                    context.AddFailure("events", $"Give at least one of: {Known}. Set enabled to false to be told of nothing.");
                else if (events?.Any(name => !WebhookEvents.All.Contains(name, StringComparer.Ordinal)) == true)
                    context.AddFailure("events", $"Unknown event. Expected one or more of: {Known}.");
            });
            RuleFor(webhook => webhook.Unknown).Custom((unknown, context) =>
            {
                foreach (var field in (unknown?.Keys ?? []).Take(MostUnknown))
                    context.AddFailure(field, "Unknown field. Known are url, events and enabled.");
            });
        }
    }
}

/// <summary>A webhook as its application sees it.</summary>
internal sealed record WebhookView
{
    /// <summary>Its id.</summary>
    public required Guid Id { get; init; }

    /// <summary>Where to send to.</summary>
    public required string Url { get; init; }

    /// <summary>What is sent.</summary>
    public required IReadOnlyList<string> Events { get; init; }

    /// <summary>Whether anything is sent.</summary>
    public required bool Enabled { get; init; }

    /// <summary><c>gone</c> where the receiver answered 410, which switched it off.</summary>
    public string? DisabledReason { get; init; }

    /// <summary>Until when the secret before this one signs as well.</summary>
    public DateTimeOffset? PreviousSecretUntil { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last.</summary>
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>The secret that messages are signed with; shown when it is new, and never again.</summary>
    public string? Secret { get; init; }

    /// <summary>The webhook as its application sees it.</summary>
    public static WebhookView Of(Webhook webhook, DateTimeOffset now, string? secret = null) => new()
    {
        Id = webhook.Id,
        Url = webhook.Url,
        Events = webhook.Events,
        Enabled = webhook.Enabled,
        DisabledReason = webhook.DisabledReason,
        PreviousSecretUntil = webhook.PreviousSecretUntil > now ? webhook.PreviousSecretUntil : null,
        CreatedAt = webhook.CreatedAt,
        ChangedAt = webhook.ChangedAt,
        Secret = secret,
    };

    /// <summary>The version as an entity tag (RFC 9110 §8.8.3).</summary>
    public static string Tag(Webhook webhook) => string.Create(CultureInfo.InvariantCulture, $"\"{webhook.Version}\"");
}

/// <summary>A list, whole or a page of it.</summary>
/// <param name="Items">What is on the page.</param>
/// <param name="Next">Give it as <c>after</c> for the next page; null on the last one.</param>
internal sealed record Page<T>(IReadOnlyList<T> Items, string? Next = null);
