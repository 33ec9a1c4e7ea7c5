namespace FlashCall.Load;

/// <summary>What is to be measured of fraud; the script's help says what each means.</summary>
internal sealed record RiskOptions : IScenarioOptions<RiskOptions>
{
    public TimeSpan Length { get; private init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many counters there are, ascending.</summary>
    public IReadOnlyList<int> Counters { get; private init; } = [10_000, 10_000_000];

    public int AtOnce { get; private init; } = 16;

    /// <summary>Whether each session's end and the end of its call are told, too; all are then one application's.</summary>
    public bool Outcomes { get; private init; }

    public int Replicas { get; private init; } = 1;

    public int Replay { get; private init; }

    /// <inheritdoc/>
    public RiskOptions? With(string name, int[] values) => (name, values) switch
    {
        ("--seconds", [>= 1 and <= 300 and var seconds]) => this with { Length = TimeSpan.FromSeconds(seconds) },
        ("--counters", [>= 0, ..]) when values.Order().SequenceEqual(values) => this with { Counters = values },
        ("--at-once", [>= 1 and <= 64 and var atOnce]) => this with { AtOnce = atOnce },
        ("--outcomes", [(0 or 1) and var outcomes]) => this with { Outcomes = outcomes == 1 },
        ("--replicas", [>= 1 and <= 4 and var replicas]) => this with { Replicas = replicas },
        ("--replay", [>= 0 and var replay]) => this with { Replay = replay },
        _ => null,
    };
}
