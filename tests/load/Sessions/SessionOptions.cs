namespace FlashCall.Load.Sessions;

/// <summary>What is to be measured of sessions; the script's help says what each means.</summary>
internal sealed record SessionOptions : IScenarioOptions<SessionOptions>
{
    public TimeSpan Length { get; private init; } = TimeSpan.FromSeconds(5);

    public TimeSpan WarmUp { get; private init; } = TimeSpan.FromSeconds(10);

    public int Rounds { get; private init; } = 3;

    public IReadOnlyList<int> AtOnce { get; private init; } = [1, 16, 64];

    public int Replicas { get; private init; } = 1;

    /// <inheritdoc/>
    public SessionOptions? With(string name, int[] values) => (name, values) switch
    {
        ("--seconds", [>= 1 and <= 60 and var seconds]) => this with { Length = TimeSpan.FromSeconds(seconds) },
        ("--warm-up", [>= 1 and <= 120 and var seconds]) => this with { WarmUp = TimeSpan.FromSeconds(seconds) },
        ("--rounds", [>= 1 and <= 20 and var rounds]) => this with { Rounds = rounds },
        ("--replicas", [>= 1 and <= 4 and var replicas]) => this with { Replicas = replicas },
        ("--at-once", [_, ..]) when Array.TrueForAll(values, static value => value is >= 1 and <= 512) => this with { AtOnce = values },
        _ => null,
    };
}
