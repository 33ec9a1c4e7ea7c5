using System.Text.Json;
using FlashCall.Contracts;

namespace FlashCall.Funnel;

/// <summary>Reads what the funnel needs out of the stored form of an event, without making the event of it: a rebuild reads millions.</summary>
internal static class StoredEvents
{
    private static readonly Dictionary<string, (FunnelStep Step, string? Outcome)> Kinds = new(StringComparer.Ordinal)
    {
        ["verification_requested"] = (FunnelStep.Requested, null),
        ["attempt_started"] = (FunnelStep.Allowed, null),
        ["caller_id_leased"] = (FunnelStep.Leased, null),
        ["call_rang"] = (FunnelStep.Rang, null),
        ["call_ended"] = (FunnelStep.CallEnded, null),
        ["report_received"] = (FunnelStep.Reported, null),
        ["verification_succeeded"] = (FunnelStep.Ended, FunnelOutcome.Verified),
        ["verification_failed"] = (FunnelStep.Ended, FunnelOutcome.Failed),
        ["verification_denied"] = (FunnelStep.Ended, FunnelOutcome.Denied),
        ["verification_expired"] = (FunnelStep.Ended, FunnelOutcome.Expired),
        ["verification_cancelled"] = (FunnelStep.Ended, FunnelOutcome.Cancelled),
        ["verification_superseded"] = (FunnelStep.Ended, FunnelOutcome.Superseded),
        ["verification_errored"] = (FunnelStep.Ended, FunnelOutcome.Error),
    };

    /// <summary>The names of the events that count.</summary>
    public static IReadOnlyCollection<string> Names => Kinds.Keys;

    /// <summary>The event as the funnel sees it.</summary>
    /// <param name="verificationId">The session.</param>
    /// <param name="name">The event's name in the store.</param>
    /// <param name="json">Its stored form.</param>
    /// <returns>Null for an event that does not count.</returns>
    /// <exception cref="JsonException">The stored form is not that of such an event.</exception>
    public static FunnelEvent? Read(Guid verificationId, string name, ReadOnlySpan<byte> json)
    {
        if (!Kinds.TryGetValue(name, out var kind))
            return null;
        DateTimeOffset at = default;
        DateTimeOffset? rangAt = null;
        string? applicationId = null, purpose = null, country = null, prefix = null, trunk = null, reason = null, currency = null;
        bool dialled = false, answered = false;
        decimal? cost = null;

        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var property = reader.ValueTextEquals("at"u8) ? Property.At
                : reader.ValueTextEquals("trunk"u8) ? Property.Trunk
                : reader.ValueTextEquals("reason"u8) ? Property.Reason
                : reader.ValueTextEquals("invitedAt"u8) ? Property.InvitedAt
                : reader.ValueTextEquals("rangAt"u8) ? Property.RangAt
                : reader.ValueTextEquals("answered"u8) ? Property.Answered
                : reader.ValueTextEquals("cost"u8) ? Property.Cost
                : reader.ValueTextEquals("currency"u8) ? Property.Currency
                : reader.ValueTextEquals("applicationId"u8) ? Property.ApplicationId
                : reader.ValueTextEquals("purpose"u8) ? Property.Purpose
                : reader.ValueTextEquals("to"u8) ? Property.To
                : Property.Other;
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null)
                continue;
            switch (property)
            {
                case Property.At: at = reader.GetDateTimeOffset(); break;
                case Property.Trunk: trunk = reader.GetString(); break;
                case Property.Reason: reason = reader.GetString(); break;
                case Property.InvitedAt: dialled = true; break;
                case Property.RangAt: rangAt = reader.GetDateTimeOffset(); break;
                case Property.Answered: answered = reader.GetBoolean(); break;
                case Property.Cost: cost = reader.GetDecimal(); break;
                case Property.Currency: currency = reader.GetString(); break;
                case Property.ApplicationId: applicationId = reader.GetString(); break;
                case Property.Purpose: purpose = JsonNamingPolicy.SnakeCaseLower.ConvertName(reader.GetString()!); break;
                case Property.To: (country, prefix) = Place(ref reader); break;
                case Property.Other: reader.Skip(); break;
            }
        }
        return new FunnelEvent(verificationId, kind.Step, at)
        {
            ApplicationId = applicationId ?? "",
            Purpose = purpose ?? "",
            Country = country ?? "",
            Prefix = prefix ?? "",
            Trunk = trunk,
            Outcome = kind.Outcome,
            Reason = kind.Step == FunnelStep.Ended ? reason ?? FunnelEvent.ReasonOf(kind.Outcome!) : null,
            Dialled = kind.Step == FunnelStep.CallEnded && dialled,
            RangAt = rangAt,
            Answered = answered,
            Cost = cost,
            Currency = currency,
        };
    }

    private static (string Country, string Prefix) Place(ref Utf8JsonReader reader)
    {
        var number = JsonSerializer.Deserialize<PhoneNumber>(ref reader) ?? throw new JsonException("A request without a number.");
        return (number.Region, FunnelEvent.PrefixOf(number));
    }

    private enum Property
    {
        Other,
        At,
        Trunk,
        Reason,
        InvitedAt,
        RangAt,
        Answered,
        Cost,
        Currency,
        ApplicationId,
        Purpose,
        To,
    }
}
