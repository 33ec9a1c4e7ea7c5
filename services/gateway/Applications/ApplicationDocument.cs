using System.Text.Json;
using System.Text.Json.Serialization;
using FlashCall.Contracts;
using FlashCall.Hosting;

namespace FlashCall.Gateway.Applications;

/// <summary>An application as an admin writes it, before anybody has looked whether it is right; what is left out has the default of
/// <see cref="Application"/>. As JSON it is what the API takes and what the database keeps.</summary>
internal sealed record ApplicationDocument
{
    /// <summary>See <see cref="Application.Id"/>; the database keeps it beside the document.</summary>
    public string? Id { get; init; }

    /// <summary>See <see cref="Application.Name"/>.</summary>
    public string? Name { get; init; }

    /// <summary>See <see cref="Application.Scopes"/>.</summary>
    public IReadOnlyList<string?>? Scopes { get; init; }

    /// <summary><c>public</c>, <c>bearer</c> or <c>signed</c>.</summary>
    public string? MinimumAuthorization { get; init; }

    /// <summary>See <see cref="Application.RateLimits"/>.</summary>
    public LimitsDocument? RateLimits { get; init; }

    /// <summary>See <see cref="Application.AllowedOrigins"/>.</summary>
    public IReadOnlyList<string?>? AllowedOrigins { get; init; }

    /// <summary>See <see cref="Application.Policies"/>, by purpose in snake_case.</summary>
    public IReadOnlyDictionary<string, PolicyDocument?>? Policies { get; init; }

    /// <summary>What the Sinch-compatible surface needs.</summary>
    public SinchDocument? Sinch { get; init; }

    /// <summary>Fields that no application has: each is a mistake.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unknown { get; init; }

    /// <summary>The application that this describes.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="keys">Its keys.</param>
    /// <exception cref="FormatException">It is not right: a later release wrote it, or <see cref="ApplicationValidator"/> has not been
    /// asked.</exception>
    public Application ToApplication(string id, IReadOnlyList<ApplicationKey> keys) => new()
    {
        Id = id,
        Name = Name ?? "",
        Keys = keys,
        Scopes = [.. Scopes?.OfType<string>() ?? []],
        MinimumAuthorization = MinimumAuthorization is null
            ? AuthorizationLevel.Bearer
            : AuthorizationLevels.Read(MinimumAuthorization)
                ?? throw new FormatException("The minimum authorization is none that is known."),
        RateLimits = new ApplicationLimits(
            RateLimits?.Requests?.ToRate(ApplicationLimits.Default.Requests) ?? ApplicationLimits.Default.Requests,
            RateLimits?.ClientToken?.ToRate(ApplicationLimits.Default.ClientToken) ?? ApplicationLimits.Default.ClientToken),
        AllowedOrigins = [.. AllowedOrigins?.OfType<string>() ?? []],
        Policies = (Policies ?? new Dictionary<string, PolicyDocument?>(StringComparer.Ordinal)).ToDictionary(
            policy => PurposeName.Read(policy.Key) ?? throw new FormatException("A purpose is none that is known."),
            policy => policy.Value?.ToPolicy() ?? new PurposePolicy()),
        SinchCallback = Sinch?.CallbackUrl is { } callback ? new Uri(callback) : null,
        SinchPurpose = Sinch?.Purpose is { } purpose
            ? PurposeName.Read(purpose) ?? throw new FormatException("A purpose is none that is known.")
            : Purpose.Onboarding,
    };
}

/// <summary>See <see cref="ApplicationLimits"/>.</summary>
internal sealed record LimitsDocument
{
    public RateDocument? Requests { get; init; }

    public RateDocument? ClientToken { get; init; }

    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unknown { get; init; }
}

/// <summary>See <see cref="RateLimit"/>.</summary>
internal sealed record RateDocument
{
    public int? Permits { get; init; }

    /// <summary>As <see cref="Duration"/> has it.</summary>
    public string? Per { get; init; }

    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unknown { get; init; }

    /// <summary>What a document says, and the rest as it usually is.</summary>
    public static RateDocument Of(RateDocument? document, RateLimit otherwise) => new()
    {
        Permits = document?.Permits ?? otherwise.Permits,
        Per = document?.Per ?? Duration.Write(otherwise.Per),
    };

    /// <summary>The rate that this describes.</summary>
    /// <param name="otherwise">What is left out.</param>
    /// <exception cref="FormatException">It is not right.</exception>
    public RateLimit ToRate(RateLimit otherwise) => new(Permits ?? otherwise.Permits, Spans.Read(Per) ?? otherwise.Per);
}

/// <summary>See <see cref="PurposePolicy"/>; durations as <see cref="Duration"/> has them.</summary>
internal sealed record PolicyDocument
{
    public IReadOnlyList<string?>? Route { get; init; }

    public string? Lifetime { get; init; }

    public string? RingTime { get; init; }

    public string? PostDialDelayCap { get; init; }

    public int? MaxReports { get; init; }

    public double? GuessBound { get; init; }

    public double? FloorBits { get; init; }

    public double? ChallengeBits { get; init; }

    public string? OnRiskUnavailable { get; init; }

    public string? OnSecondSession { get; init; }

    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unknown { get; init; }

    /// <summary>The policy that this describes.</summary>
    /// <exception cref="FormatException">It is not right.</exception>
    public PurposePolicy ToPolicy() => new()
    {
        Route = Route is null ? null : [.. Route.OfType<string>()],
        Lifetime = Spans.Read(Lifetime),
        RingTime = Spans.Read(RingTime),
        PostDialDelayCap = Spans.Read(PostDialDelayCap),
        MaxReports = MaxReports,
        GuessBound = GuessBound,
        FloorBits = FloorBits,
        ChallengeBits = ChallengeBits,
        OnRiskUnavailable = OnRiskUnavailable,
        OnSecondSession = OnSecondSession,
    };
}

/// <summary>What the Sinch-compatible surface needs of an application.</summary>
internal sealed record SinchDocument
{
    /// <summary>See <see cref="Application.SinchCallback"/>.</summary>
    public string? CallbackUrl { get; init; }

    /// <summary>See <see cref="Application.SinchPurpose"/>, in snake_case.</summary>
    public string? Purpose { get; init; }

    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unknown { get; init; }
}

/// <summary>Durations of a document.</summary>
file static class Spans
{
    public static TimeSpan? Read(string? text) =>
        text is null ? null : Duration.TryParse(text, out var span) ? span : throw new FormatException("A duration is none.");
}
