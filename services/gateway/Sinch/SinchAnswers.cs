using System.Text.Json.Serialization;
using FlashCall.Contracts;

namespace FlashCall.Gateway.Sinch;

/// <summary>The answer to a start.</summary>
internal sealed record StartedView
{
    /// <summary>The session.</summary>
    public required Guid Id { get; init; }

    /// <summary>How.</summary>
    public string Method { get; init; } = Methods.FlashCall;

    /// <summary>What a phone needs to know of the call.</summary>
    public required CallView FlashCall { get; init; }

    /// <summary>Where to go on.</summary>
    [JsonPropertyName("_links")]
    public required IReadOnlyList<Link> Links { get; init; }

    /// <summary>The answer for a session that has a caller ID.</summary>
    /// <param name="session">The session.</param>
    /// <param name="origin">Scheme and host that the client came by.</param>
    /// <param name="now">The time (UTC): a phone counts from the answer on.</param>
    public static StartedView Of(SinchSession session, string origin, DateTimeOffset now)
    {
        var call = session.FlashCall!;
        var reportTimeout = Math.Max(1, Seconds(session.ExpiresAt - now));
        var address = $"{origin}{SinchSetup.Prefix}/verifications/id/{session.Id}";
        return new StartedView
        {
            Id = session.Id,
            FlashCall = new CallView(
                CliFilter.Of(call.CallerIdPrefix),
                Math.Clamp(Seconds(call.InterceptUntil - now), 1, reportTimeout),
                reportTimeout,
                DenyCallAfter: 0),
            Links = [new Link("status", address, "GET"), new Link("report", address, "PUT")],
        };
    }

    private static int Seconds(TimeSpan time) => (int)Math.Ceiling(time.TotalSeconds);

    /// <param name="CliFilter">See <see cref="Sinch.CliFilter"/>.</param>
    /// <param name="InterceptionTimeout">How long to watch for the call, seconds from now.</param>
    /// <param name="ReportTimeout">How long a report is taken, seconds from now.</param>
    /// <param name="DenyCallAfter">After how many seconds a phone is to reject the call: at once, it ends by itself.</param>
    internal sealed record CallView(string CliFilter, int InterceptionTimeout, int ReportTimeout, int DenyCallAfter);

    /// <param name="Rel">What is there.</param>
    /// <param name="Href">Where.</param>
    /// <param name="Method">The HTTP method.</param>
    internal sealed record Link(string Rel, string Href, string Method);
}

/// <summary>The answer to a report, and, with more to it, to a look-up.</summary>
internal sealed record SessionView
{
    /// <summary>The session.</summary>
    public required Guid Id { get; init; }

    /// <summary>How.</summary>
    public string Method { get; init; } = Methods.FlashCall;

    /// <summary>See <see cref="SinchOutcome"/>.</summary>
    public required string Status { get; init; }

    /// <summary>See <see cref="SinchOutcome"/>.</summary>
    public string? Reason { get; init; }

    /// <summary>Whether the call is over.</summary>
    public required bool CallComplete { get; init; }

    /// <summary>The client's own name for it.</summary>
    public string? Reference { get; init; }

    /// <summary>How the number came to be reported, as the report said it.</summary>
    public string? Source { get; init; }

    /// <summary>Whose number.</summary>
    public required IdentityDocument Identity { get; init; }

    /// <summary>The number's country, ISO 3166-1 alpha-2; of a look-up.</summary>
    public string? CountryId { get; init; }

    /// <summary>When the session began; of a look-up.</summary>
    public string? VerificationTimestamp { get; init; }

    /// <summary>See <see cref="SinchOutcome.CallResult"/>; of a look-up.</summary>
    public string? CallResult { get; init; }

    /// <summary>What it cost; of a look-up, once it is over.</summary>
    public PriceView? Price { get; init; }

    /// <summary>The answer to a report.</summary>
    public static SessionView OfReport(SinchSession session, SinchOutcome outcome) => new()
    {
        Id = session.Id,
        Status = outcome.Status,
        Reason = outcome.Reason,
        CallComplete = SinchOutcome.CallResult(session.Timeline) is not null,
        Reference = session.Reference,
        Source = session.Source,
        Identity = IdentityDocument.Of(session.To),
    };

    /// <summary>The answer to a look-up.</summary>
    public static SessionView OfStatus(SinchSession session) =>
        OfReport(session, SinchOutcome.Of(session.Status, session.Reason)) with
        {
            CountryId = PhoneNumber.TryParse(session.To, out var number) && number.Region is { Length: 2 } region ? region : null,
            VerificationTimestamp = SinchOutcome.TimeOf(session.CreatedAt),
            CallResult = SinchOutcome.CallResult(session.Timeline),
            Price = session.IsLive ? null : PriceView.Nothing,
        };
}

/// <summary>What a verification cost. Whoever runs the platform pays carriers, and the platform takes nothing for itself.</summary>
/// <param name="VerificationPrice">For the verification.</param>
/// <param name="TerminationPrice">For the call.</param>
/// <param name="BillableDuration">Seconds of the call that are billed.</param>
internal sealed record PriceView(MoneyView VerificationPrice, MoneyView TerminationPrice, int BillableDuration)
{
    /// <summary>Nothing.</summary>
    public static readonly PriceView Nothing = new(MoneyView.Nothing, MoneyView.Nothing, BillableDuration: 0);
}

/// <summary>An amount of money.</summary>
/// <param name="CurrencyId">The currency, ISO 4217.</param>
/// <param name="Amount">How much.</param>
internal sealed record MoneyView(string CurrencyId, decimal Amount)
{
    /// <summary>Nothing, in a currency that client libraries know.</summary>
    public static readonly MoneyView Nothing = new("USD", 0);
}
