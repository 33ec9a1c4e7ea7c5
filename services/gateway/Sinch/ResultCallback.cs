using System.Text.Json;
using FlashCall.Gateway.Applications;
using FlashCall.Gateway.Webhooks.Deliveries;

namespace FlashCall.Gateway.Sinch;

/// <summary>Tells an application how its sessions of this surface ended: <c>VerificationResultEvent</c>, at least once.</summary>
internal sealed class ResultCallback(ApplicationDirectory applications) : IAudience
{
    /// <summary>What such a delivery is.</summary>
    public const string Type = "VerificationResultEvent";

    private static readonly Dictionary<string, string> NoHeaders = new(StringComparer.Ordinal);

    public async Task<IReadOnlyList<NewDelivery>> HearAsync(EndedVerification ended, CancellationToken cancellationToken)
    {
        var completed = ended.Completed;
        if (applications.Current.Find(completed.ApplicationId)?.SinchCallback is not { } url)
            return [];
        var session = SinchSession.Of(await ended.ViewAsync(cancellationToken));
        if (SinchNotes.KeyOf(session.Metadata) is not { } keyId)
            return [];
        var outcome = SinchOutcome.Of(session.Status, session.Reason);
        return
        [
            new NewDelivery
            {
                To = new Recipient.Sinch(completed.ApplicationId, url, NoHeaders, keyId),
                ApplicationId = completed.ApplicationId,
                VerificationId = completed.VerificationId,
                Type = Type,
                Body = JsonSerializer.SerializeToUtf8Bytes(
                    new ResultEvent
                    {
                        Id = session.Id,
                        Identity = IdentityDocument.Of(session.To),
                        Status = outcome.Status,
                        Reason = outcome.Reason,
                        Reference = session.Reference,
                        Source = session.Source,
                        Custom = SinchNotes.CustomOf(session.Metadata),
                    },
                    SinchJson.Options),
            },
        ];
    }

    private sealed record ResultEvent
    {
        public required Guid Id { get; init; }

        public string Event { get; init; } = Type;

        public string Method { get; init; } = Methods.FlashCall;

        public required IdentityDocument Identity { get; init; }

        public required string Status { get; init; }

        public string? Reason { get; init; }

        public string? Reference { get; init; }

        public string? Source { get; init; }

        public string? Custom { get; init; }
    }
}
