namespace FlashCall.Load.Verifications;

/// <summary>What is to be measured of the whole platform; the script's help says what each means.</summary>
internal sealed record VerificationOptions : IScenarioOptions<VerificationOptions>
{
    /// <summary>Verifications a second, one measurement each.</summary>
    public IReadOnlyList<int> Rates { get; private init; } = [25, 50, 100, 150, 200, 250, 300];

    public TimeSpan Length { get; private init; } = TimeSpan.FromSeconds(20);

    public TimeSpan WarmUp { get; private init; } = TimeSpan.FromSeconds(20);

    /// <summary>Of each service.</summary>
    public int Replicas { get; private init; } = 1;

    /// <summary>Finished sessions that are in the event store before the first measurement.</summary>
    public int Stored { get; private init; }

    /// <summary>Events a second at which the funnel is rebuilt while each rate is measured once more; null for not at all.</summary>
    public int? Rebuild { get; private init; }

    /// <summary>Whether the same work is then measured without the platform.</summary>
    public bool Floor { get; init; }

    /// <summary>How many messages one verification sends, for the floor.</summary>
    public int Messages { get; private init; } = 12;

    /// <inheritdoc/>
    public VerificationOptions? With(string name, int[] values) => (name, values) switch
    {
        ("--rates" or "--rate", [_, ..]) when values.All(rate => rate is >= 1 and <= 10_000) => this with { Rates = values },
        ("--seconds", [>= 1 and <= 600 and var seconds]) => this with { Length = TimeSpan.FromSeconds(seconds) },
        ("--minutes", [>= 1 and <= 120 and var minutes]) => this with { Length = TimeSpan.FromMinutes(minutes) },
        ("--warm-up", [>= 1 and <= 600 and var seconds]) => this with { WarmUp = TimeSpan.FromSeconds(seconds) },
        ("--replicas", [>= 1 and <= 4 and var replicas]) => this with { Replicas = replicas },
        ("--floor", []) => this with { Floor = true },
        ("--messages", [>= 0 and <= 100 and var messages]) => this with { Messages = messages },
        ("--stored", [>= 0 and <= 10_000_000 and var stored]) => this with { Stored = stored },
        ("--rebuild", [>= 100 and <= 10_000_000 and var events]) => this with { Rebuild = events },
        _ => null,
    };
}
