namespace FlashCall.NumberPool.Numbers;

/// <summary>Consecutive numbers of the pool that are the same in everything.</summary>
internal sealed record Run
{
    /// <summary>The numbers.</summary>
    public required NumberSpan Numbers { get; init; }

    /// <summary>The trunk whose carrier may present them.</summary>
    public required string Trunk { get; init; }

    /// <summary>ISO 3166-1 alpha-2, or the calling code (+883) where no country has it.</summary>
    public required string Country { get; init; }

    /// <summary>What the operator calls them, in order, each once.</summary>
    public required string[] Tags { get; init; }

    /// <summary>What may be done with them.</summary>
    public required NumberState State { get; init; }

    /// <summary>How often they have rested by themselves without having shown themselves in between.</summary>
    public int Rests { get; init; }

    /// <summary>Why they are not active; null while they are.</summary>
    public string? Reason { get; init; }

    /// <summary>Who said so.</summary>
    public string? ChangedBy { get; init; }

    /// <summary>When (UTC).</summary>
    public DateTimeOffset? ChangedAt { get; init; }

    /// <summary>The place of the first number among the slots of the trunk; the others follow.</summary>
    public required long FirstSlot { get; init; }

    /// <summary>Whether leases may choose them, trials aside.</summary>
    public bool IsActive => State is NumberState.Active;

    /// <summary>A part of the run.</summary>
    public Run Part(NumberSpan numbers) =>
        this with { Numbers = numbers, FirstSlot = FirstSlot + numbers.First - Numbers.First };

    /// <summary>Whether the other run goes on where this one ends, the same in everything, its slots too.</summary>
    public bool GoesOnAs(Run other) =>
        Numbers.Last + 1 == other.Numbers.First
        && FirstSlot + Numbers.Count == other.FirstSlot
        && Numbers.Length == other.Numbers.Length
        && NumberingPlan.CallingCode(Numbers.First) == NumberingPlan.CallingCode(other.Numbers.First)
        && IsSameAs(other);

    /// <summary>Whether the other run's numbers are as these, whichever they are.</summary>
    public bool IsSameAs(Run other) =>
        Trunk == other.Trunk && Country == other.Country && Tags.AsSpan().SequenceEqual(other.Tags) && State == other.State
        && Rests == other.Rests && Reason == other.Reason && ChangedBy == other.ChangedBy && ChangedAt == other.ChangedAt;
}

/// <summary>What may be done with a number.</summary>
internal abstract record NumberState
{
    private NumberState()
    {
    }

    /// <summary>It is leased.</summary>
    public sealed record Active : NumberState;

    /// <summary>It is not leased for a while. Then it is on trial: leased more rarely, until it has shown itself.</summary>
    /// <param name="Until">The end of the rest (UTC).</param>
    public sealed record Resting(DateTimeOffset Until) : NumberState;

    /// <summary>It is not leased any more.</summary>
    public sealed record Retired : NumberState;
}
