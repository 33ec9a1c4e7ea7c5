namespace FlashCall.Contracts;

/// <summary>From the number pool, to whoever listens: numbers were found to get through far less often than their peers. Which they are is
/// for the operator's eyes, at <c>/v1/numbers?state=resting</c>. A process that ends may keep one to itself: the pool's history has
/// all of them.</summary>
public sealed record NumbersRested
{
    /// <summary>The trunk of the calls that decided it.</summary>
    public required string Trunk { get; init; }

    /// <summary>How many rest now.</summary>
    public required int Rested { get; init; }

    /// <summary>How many had rested often enough and were retired.</summary>
    public required int Retired { get; init; }

    /// <summary>When the last of the rests ends (UTC); null if none rests.</summary>
    public DateTimeOffset? RestsUntil { get; init; }

    /// <summary>When it was found (UTC).</summary>
    public required DateTimeOffset At { get; init; }
}
