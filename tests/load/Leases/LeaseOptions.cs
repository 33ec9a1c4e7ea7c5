namespace FlashCall.Load.Leases;

/// <summary>What is to be measured of leases; the script's help says what each means.</summary>
internal sealed record LeaseOptions : IScenarioOptions<LeaseOptions>
{
    public TimeSpan Length { get; private init; } = TimeSpan.FromSeconds(5);

    public int Callers { get; private init; } = 16;

    public int Largest { get; private init; } = 10_000_000;

    public int Draws { get; private init; } = 1_000_000;

    /// <inheritdoc/>
    public LeaseOptions? With(string name, int[] values) => (name, values) switch
    {
        ("--seconds", [>= 1 and <= 60 and var seconds]) => this with { Length = TimeSpan.FromSeconds(seconds) },
        ("--callers", [>= 4 and <= 64 and var callers]) => this with { Callers = callers },
        ("--largest", [>= 1_000 and <= 10_000_000 and var largest]) => this with { Largest = largest },
        ("--draws", [>= 0 and <= 10_000_000 and var draws]) => this with { Draws = draws },
        _ => null,
    };
}
