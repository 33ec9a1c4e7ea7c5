using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace FlashCall.Cli.Applications;

/// <summary>An application as the API gives it, as far as people are shown. Unknown fields are ignored.</summary>
internal sealed record ApplicationView
{
    public required string Id { get; init; }

    public string? Name { get; init; }

    public IReadOnlyList<string>? Scopes { get; init; }

    public string? MinimumAuthorization { get; init; }

    public RateLimitsView? RateLimits { get; init; }

    public IReadOnlyList<string>? AllowedOrigins { get; init; }

    /// <summary>By purpose.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Policies { get; init; }

    public SinchView? Sinch { get; init; }

    internal sealed record RateLimitsView(RateLimitView? Requests, RateLimitView? ClientToken);

    internal sealed record RateLimitView(int Permits, string Per);

    internal sealed record SinchView(string? CallbackUrl);
}

/// <summary>A page of the applications, and the cursor of the next one.</summary>
internal sealed record ApplicationPage(IReadOnlyList<ApplicationView> Items, string? Next);

/// <summary>A key that was just made: the one time that it is shown.</summary>
internal sealed record ShownKey
{
    public required string Id { get; init; }

    public required string ApiKey { get; init; }

    public required string SigningSecret { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>A key as it is listed later, without what is secret of it.</summary>
internal sealed record KeyView
{
    public required string Id { get; init; }

    public string? Name { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>The keys of an application.</summary>
internal sealed record KeyPage(IReadOnlyList<KeyView> Items);

/// <summary>A key to make.</summary>
internal sealed record NewKey(string? Name, DateTimeOffset? ExpiresAt);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(ApplicationView))]
[JsonSerializable(typeof(ApplicationPage))]
[JsonSerializable(typeof(ShownKey))]
[JsonSerializable(typeof(KeyPage))]
[JsonSerializable(typeof(NewKey))]
internal sealed partial class ApplicationsJson : JsonSerializerContext;
