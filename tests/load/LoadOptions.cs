namespace FlashCall.Load;

/// <summary>What is to be measured of the dialer's engine; the script's help says what each means.</summary>
internal sealed record LoadOptions : IScenarioOptions<LoadOptions>
{
    public TimeSpan Length { get; private init; } = TimeSpan.FromSeconds(3);

    public int Pairs { get; private init; } = 3;

    public TimeSpan RingTime { get; private init; } = TimeSpan.FromMilliseconds(50);

    public int Phones { get; private init; } = 10_000;

    /// <summary>The only rate to try, in calls a second; null to search the highest.</summary>
    public int? Rate { get; private init; }

    /// <summary>Whether server and client get cores of their own where there are two or more.</summary>
    public bool Pinning { get; private init; } = true;

    /// <inheritdoc/>
    public LoadOptions? With(string name, int[] values) => (name, values) switch
    {
        ("--no-pinning", []) => this with { Pinning = false },
        ("--seconds", [>= 1 and <= 60 and var seconds]) => this with { Length = TimeSpan.FromSeconds(seconds) },
        ("--pairs", [>= 1 and <= 20 and var pairs]) => this with { Pairs = pairs },
        ("--ring-ms", [>= 1 and <= 10_000 and var milliseconds]) => this with { RingTime = TimeSpan.FromMilliseconds(milliseconds) },
        ("--phones", [>= 0 and <= 50_000 and var phones]) => this with { Phones = phones },
        ("--rate", [>= 1 and <= 100_000 and var rate]) => this with { Rate = rate },
        _ => null,
    };
}
