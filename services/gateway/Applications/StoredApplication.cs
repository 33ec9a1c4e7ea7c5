namespace FlashCall.Gateway.Applications;

/// <summary>An application as the database has it.</summary>
internal sealed record StoredApplication
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>As an admin wrote it; null where this release does not understand it, since a later one wrote it.</summary>
    public required ApplicationDocument? Document { get; init; }

    /// <summary>The number of the change that wrote the document.</summary>
    public required long Version { get; init; }

    /// <summary>When it was added (UTC).</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the document was changed last (UTC).</summary>
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>The application whose key changed it last.</summary>
    public required string ChangedBy { get; init; }

    /// <summary>Its keys, the oldest first.</summary>
    public IReadOnlyList<StoredKey> Keys { get; init; } = [];

    /// <summary>The application, for who looks a caller up.</summary>
    /// <exception cref="FormatException">A later release wrote it.</exception>
    public Application ToApplication() =>
        (Document ?? throw new FormatException("The document has fields of another type.")).ToApplication(
            Id, [.. Keys.Select(key => new ApplicationKey(key.Id, key.Hash, key.SigningSecret, key.ExpiresAt))]);
}

/// <summary>A key as the database has it.</summary>
internal sealed class StoredKey
{
    /// <summary>Names it; no secret.</summary>
    public required Guid Id { get; init; }

    /// <summary>Its name for people; null for none.</summary>
    public required string? Name { get; init; }

    /// <summary>SHA-256 of the API key.</summary>
    public required byte[] Hash { get; init; }

    /// <summary>The signing secret; null where it cannot be decrypted.</summary>
    public required byte[]? SigningSecret { get; init; }

    /// <summary>When it was made (UTC).</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The application whose key made it.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>When it ends (UTC); null for never.</summary>
    public required DateTimeOffset? ExpiresAt { get; init; }
}
