namespace FlashCall.Load.Replays;

/// <summary>What is to be measured of replays; the script's help says what each means.</summary>
internal sealed record ReplayOptions : IScenarioOptions<ReplayOptions>
{
    public int Events { get; private init; } = 5_000_000;

    /// <inheritdoc/>
    public ReplayOptions? With(string name, int[] values) => (name, values) switch
    {
        ("--events", [>= 10_000 and <= 50_000_000 and var events]) => this with { Events = events },
        _ => null,
    };
}
