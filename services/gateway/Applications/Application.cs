using System.Text.Json;
using FlashCall.Contracts;

namespace FlashCall.Gateway.Applications;

/// <summary>A client application that may call the API, as the gateway needs it with each request.</summary>
internal sealed record Application
{
    /// <summary>The id of the application whose only key is the one of the setting <c>Gateway:AdminKeyHash</c>; no other may have
    /// it.</summary>
    public const string AdminId = "admin";

    /// <summary>Its id, which the services know it by: 1 to 64 of a–z, 0–9, <c>-</c>, <c>_</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Its name for people, 1 to 100 characters.</summary>
    public required string Name { get; init; }

    /// <summary>Its keys; several, so that they can be rotated.</summary>
    public IReadOnlyList<ApplicationKey> Keys { get; init; } = [];

    /// <summary>What it may do, from <see cref="Access.Scopes.All"/>.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>The weakest credential that it accepts of its own keys.</summary>
    public AuthorizationLevel MinimumAuthorization { get; init; } = AuthorizationLevel.Bearer;

    /// <summary>How often it may ask.</summary>
    public ApplicationLimits RateLimits { get; init; } = ApplicationLimits.Default;

    /// <summary>The web origins whose pages may call for it, such as <c>https://shop.example</c>.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>Its own rules for sessions of a purpose.</summary>
    public IReadOnlyDictionary<Purpose, PurposePolicy> Policies { get; init; } = new Dictionary<Purpose, PurposePolicy>();

    /// <summary>Where the Sinch-compatible surface asks before a call and tells how it ended; null where it does neither.</summary>
    public Uri? SinchCallback { get; init; }

    /// <summary>What sessions of the Sinch-compatible surface are for, which has no word for it.</summary>
    public Purpose SinchPurpose { get; init; } = Purpose.Onboarding;
}

/// <summary>A key of an application: an API key, and a secret to sign requests with.</summary>
/// <param name="Id">Names the key in signed requests; no secret.</param>
/// <param name="Hash">SHA-256 of the API key, 32 bytes.</param>
/// <param name="SigningSecret">32 bytes; null where it cannot be read, since it was encrypted under another key.</param>
/// <param name="ExpiresAt">When it ends (UTC); null for never.</param>
internal sealed record ApplicationKey(Guid Id, byte[] Hash, byte[]? SigningSecret, DateTimeOffset? ExpiresAt)
{
    /// <summary>The claim of a caller with the id of the key that it came with.</summary>
    public const string Claim = "key";

    /// <summary>Whether it lets nobody in any more.</summary>
    /// <param name="now">The time (UTC).</param>
    public bool HasExpired(DateTimeOffset now) => ExpiresAt <= now;
}

/// <summary>How strong a credential is.</summary>
internal enum AuthorizationLevel
{
    /// <summary>The key's id alone, which anybody may know: no more than a claim.</summary>
    Public,

    /// <summary>A secret sent along.</summary>
    Bearer,

    /// <summary>A signature over the request by a secret that is not sent.</summary>
    Signed,
}

/// <summary>How the levels are spelt.</summary>
internal static class AuthorizationLevels
{
    private static readonly Dictionary<string, AuthorizationLevel> ByName =
        Enum.GetValues<AuthorizationLevel>().ToDictionary(Write, StringComparer.Ordinal);

    /// <summary>All of them, from the weakest.</summary>
    public static string All { get; } = string.Join(", ", ByName.Keys);

    /// <summary>The level of this name; null if there is none.</summary>
    public static AuthorizationLevel? Read(string name) => ByName.TryGetValue(name, out var level) ? level : null;

    /// <summary>The name of a level.</summary>
    public static string Write(AuthorizationLevel level) => JsonNamingPolicy.SnakeCaseLower.ConvertName(level.ToString());
}

/// <summary>How often an application may ask.</summary>
/// <param name="Requests">All requests made with its keys.</param>
/// <param name="ClientToken">The requests made with one client token.</param>
internal sealed record ApplicationLimits(RateLimit Requests, RateLimit ClientToken)
{
    /// <summary>What holds where nothing is set: 600 and 60 a minute.</summary>
    public static readonly ApplicationLimits Default = new(new(600, TimeSpan.FromMinutes(1)), new(60, TimeSpan.FromMinutes(1)));
}

/// <summary>A rate with a burst as large as what may be had in one period.</summary>
/// <param name="Permits">Requests in a period, 1 to <see cref="MostPermits"/>.</param>
/// <param name="Per">The period, <see cref="ShortestPeriod"/> to <see cref="LongestPeriod"/>.</param>
internal sealed record RateLimit(int Permits, TimeSpan Per)
{
    /// <summary>The most requests in a period.</summary>
    public const int MostPermits = 1_000_000;

    /// <summary>The shortest and the longest period.</summary>
    public static readonly TimeSpan ShortestPeriod = TimeSpan.FromSeconds(1), LongestPeriod = TimeSpan.FromHours(1);
}
