namespace FlashCall.Load.Gateway;

/// <summary>What is to be measured of the gateway; the script's help says what each means.</summary>
internal sealed record GatewayOptions : IScenarioOptions<GatewayOptions>
{
    public TimeSpan Length { get; private init; } = TimeSpan.FromSeconds(3);

    public int Rounds { get; private init; } = 3;

    public IReadOnlyList<int> Rates { get; private init; } = [250, 500, 1000];

    public int AtOnce { get; private init; } = 32;

    /// <inheritdoc/>
    public GatewayOptions? With(string name, int[] values) => (name, values) switch
    {
        ("--seconds", [>= 1 and <= 60 and var seconds]) => this with { Length = TimeSpan.FromSeconds(seconds) },
        ("--rounds", [>= 1 and <= 50 and var rounds]) => this with { Rounds = rounds },
        ("--rates", [_, ..]) when values.All(rate => rate is >= 1 and <= 100_000) => this with { Rates = values },
        ("--at-once", [>= 1 and <= 512 and var atOnce]) => this with { AtOnce = atOnce },
        _ => null,
    };
}
