namespace FlashCall.Dialer.Trunks.Operations;

/// <summary>A trunk as operators see it.</summary>
internal sealed record TrunkView
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it takes calls.</summary>
    public required TrunkState State { get; init; }

    /// <summary>Changes with every change; also in <c>ETag</c>.</summary>
    public required long Version { get; init; }

    /// <summary>Who wrote the configuration.</summary>
    public required TrunkOrigin Origin { get; init; }

    /// <summary>When it was changed last (UTC).</summary>
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>The application that changed it last; left out for the settings.</summary>
    public string? ChangedBy { get; init; }

    /// <summary>Calls under way on it, of all replicas.</summary>
    public required int CallsUnderWay { get; init; }

    /// <summary>The fields that a secret is stored for. None is ever shown.</summary>
    public required IReadOnlyList<string> Secrets { get; init; }

    /// <summary>Why it takes no calls although it should, and what to do; left out where it does.</summary>
    public string? Problem { get; init; }

    /// <summary>What <c>PUT</c> takes.</summary>
    public required TrunkDocument Configuration { get; init; }
}

/// <summary>All trunks.</summary>
internal sealed record TrunkListView
{
    /// <summary>In the order of their names.</summary>
    public required IReadOnlyList<TrunkView> Trunks { get; init; }
}

/// <summary>Puts together what operators see of a trunk.</summary>
internal sealed class TrunkViews(SecretBox box)
{
    /// <summary>A trunk that is not removed.</summary>
    public TrunkView Of(StoredTrunk trunk) => new()
    {
        Name = trunk.Name,
        State = trunk.State ?? throw new InvalidOperationException("A removed trunk is not shown."),
        Version = trunk.Version,
        Origin = trunk.Origin,
        ChangedAt = trunk.ChangedAt,
        ChangedBy = trunk.ChangedBy,
        CallsUnderWay = trunk.CallsUnderWay,
        Secrets = trunk.Secrets?.Fields ?? [],
        Problem = ProblemOf(trunk),
        Configuration = trunk.Document,
    };

    private string? ProblemOf(StoredTrunk trunk)
    {
        if (!trunk.IsUnderstood)
            return "This release does not understand the configuration. Bring all replicas to the same release, or put it again.";
        if (trunk.Secrets is not null)
            return null;
        return box.HasKey
            ? "The secrets were encrypted under another key. Put the trunk again with its secrets."
            : $"The secrets cannot be read. {TrunkRefusals.SetSecretsKey}";
    }
}
