namespace FlashCall.Gateway.Applications.Operations;

/// <summary>An application as admins see it.</summary>
internal sealed record ApplicationView
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>Its name.</summary>
    public string? Name { get; init; }

    /// <summary>What it may do.</summary>
    public IReadOnlyList<string?>? Scopes { get; init; }

    /// <summary>The weakest credential that it accepts.</summary>
    public string? MinimumAuthorization { get; init; }

    /// <summary>How often it may ask, with the defaults where nothing else was said.</summary>
    public LimitsDocument? RateLimits { get; init; }

    /// <summary>The origins of the web pages that may call for it.</summary>
    public IReadOnlyList<string?>? AllowedOrigins { get; init; }

    /// <summary>Its own policies by purpose, as they were given.</summary>
    public IReadOnlyDictionary<string, PolicyDocument?>? Policies { get; init; }

    /// <summary>What the Sinch-compatible surface needs; left out where it was.</summary>
    public SinchDocument? Sinch { get; init; }

    /// <summary>Another one with every change; also in <c>ETag</c>.</summary>
    public required long Version { get; init; }

    /// <summary>When it was added (UTC).</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last (UTC).</summary>
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>The application whose key changed it last.</summary>
    public required string ChangedBy { get; init; }

    /// <summary>Why it is refused although it is there, and what to do; left out where it is not.</summary>
    public string? Problem { get; init; }

    /// <summary>Its first key, shown this once; left out otherwise.</summary>
    public NewKeyView? Key { get; init; }

    /// <summary>The fields that a client may send back to <c>PUT</c> as it got them: they are not for it to say, and are ignored.</summary>
    public static readonly IReadOnlyList<string> ReadOnlyFields = ["version", "createdAt", "changedAt", "changedBy"];

    /// <summary>The view of an application.</summary>
    public static ApplicationView Of(StoredApplication stored)
    {
        var view = new ApplicationView
        {
            Id = stored.Id,
            Version = stored.Version,
            CreatedAt = stored.CreatedAt,
            ChangedAt = stored.ChangedAt,
            ChangedBy = stored.ChangedBy,
        };
        return stored.Document is not { } document
            ? view with { Problem = "This release does not understand it. Bring all replicas to the same release, or put it again." }
            : view with
            {
                Name = document.Name,
                Scopes = document.Scopes,
                MinimumAuthorization = document.MinimumAuthorization ?? AuthorizationLevels.Write(AuthorizationLevel.Bearer),
                RateLimits = new LimitsDocument
                {
                    Requests = RateDocument.Of(document.RateLimits?.Requests, ApplicationLimits.Default.Requests),
                    ClientToken = RateDocument.Of(document.RateLimits?.ClientToken, ApplicationLimits.Default.ClientToken),
                },
                AllowedOrigins = document.AllowedOrigins ?? [],
                Policies = document.Policies ?? new Dictionary<string, PolicyDocument?>(StringComparer.Ordinal),
                Sinch = document.Sinch,
            };
    }
}

/// <summary>Applications.</summary>
internal sealed record ApplicationListView
{
    /// <summary>In the order of their ids.</summary>
    public required IReadOnlyList<ApplicationView> Items { get; init; }

    /// <summary>What to give as <c>after</c> for the following ones; left out where there are none.</summary>
    public string? Next { get; init; }
}

/// <summary>A key with its secrets, which are shown this once.</summary>
internal sealed record NewKeyView
{
    /// <summary>Names the key, in signed requests too; no secret.</summary>
    public required Guid Id { get; init; }

    /// <summary>Its name for people; left out where it has none.</summary>
    public string? Name { get; init; }

    /// <summary>What to send as <c>Authorization: Bearer</c>.</summary>
    public required string ApiKey { get; init; }

    /// <summary>What to sign requests with, base64 of 32 bytes.</summary>
    public required string SigningSecret { get; init; }

    /// <summary>When it was made (UTC).</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it ends (UTC); left out for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The view of a key that has just been stored.</summary>
    public static NewKeyView Of(NewKey key, StoredApplication stored) => new()
    {
        Id = key.Id,
        Name = key.Name,
        ApiKey = key.ApiKey,
        SigningSecret = Convert.ToBase64String(key.SigningSecret),
        CreatedAt = stored.Keys.Single(one => one.Id == key.Id).CreatedAt,
        ExpiresAt = key.ExpiresAt,
    };

    /// <summary>Says which key, and none of its secrets.</summary>
    public override string ToString() => $"Key {Id}";
}

/// <summary>A key without its secrets.</summary>
internal sealed record KeyView
{
    /// <summary>Names it.</summary>
    public required Guid Id { get; init; }

    /// <summary>Its name for people; left out where it has none.</summary>
    public string? Name { get; init; }

    /// <summary>When it was made (UTC).</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The application whose key made it.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>When it ends (UTC); left out for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Whether it lets in now.</summary>
    public required bool Active { get; init; }

    /// <summary>What is wrong with it, and what to do; left out where nothing is.</summary>
    public string? Problem { get; init; }

    /// <summary>The view of a key.</summary>
    public static KeyView Of(StoredKey key, DateTimeOffset now) => new()
    {
        Id = key.Id,
        Name = key.Name,
        CreatedAt = key.CreatedAt,
        CreatedBy = key.CreatedBy,
        ExpiresAt = key.ExpiresAt,
        Active = !(key.ExpiresAt <= now),
        Problem = key.SigningSecret is null
            ? "What it signs is refused: its secret was encrypted under another key. Make a new key in its place."
            : null,
    };
}

/// <summary>The keys of an application.</summary>
internal sealed record KeyListView
{
    /// <summary>The oldest first.</summary>
    public required IReadOnlyList<KeyView> Items { get; init; }
}
