namespace FlashCall.Dialer.Trunks;

/// <summary>A trunk as the database has it.</summary>
internal sealed record StoredTrunk
{
    /// <summary>As the operator wrote it, without its secrets.</summary>
    public required TrunkDocument Document { get; init; }

    /// <summary>Whether this release understands the document. One that a later release wrote may be beyond it.</summary>
    public required bool IsUnderstood { get; init; }

    /// <summary>Its secrets; null where they cannot be decrypted.</summary>
    public required TrunkSecrets? Secrets { get; init; }

    /// <summary>Whether it takes calls; null for one that was removed.</summary>
    public required TrunkState? State { get; init; }

    /// <summary>Higher than that of every change before it, of whichever trunk.</summary>
    public required long Version { get; init; }

    /// <summary>Who wrote the document.</summary>
    public required TrunkOrigin Origin { get; init; }

    /// <summary>When it was changed last (UTC).</summary>
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>The application that changed it last; null for the settings.</summary>
    public required string? ChangedBy { get; init; }

    /// <summary>Calls under way on it, of all replicas.</summary>
    public required int CallsUnderWay { get; init; }

    /// <summary>The trunk's name.</summary>
    public string Name => Document.Name!;

    /// <summary>Whether it is there no more.</summary>
    public bool IsRemoved => State is null;

    /// <summary>The trunk, for who calls over it; null where it is removed or its secrets cannot be decrypted.</summary>
    /// <exception cref="FormatException">A later release wrote the document.</exception>
    public Trunk? ToTrunk()
    {
        if (!IsUnderstood)
            throw new FormatException("The document has fields of another type.");
        return State is { } state && Secrets is { } secrets ? Document.WithSecrets(secrets).ToTrunk(state) : null;
    }
}

/// <summary>Who wrote a trunk's document.</summary>
internal enum TrunkOrigin
{
    /// <summary>The settings <c>Trunks</c>, at a start.</summary>
    Settings,

    /// <summary>An operator, over the API.</summary>
    Api,
}
