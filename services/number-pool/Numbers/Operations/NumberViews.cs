using System.Globalization;

namespace FlashCall.NumberPool.Numbers.Operations;

/// <summary>Consecutive numbers as operators see them.</summary>
internal sealed record RunView
{
    /// <summary>The lowest number in E.164 form.</summary>
    public required string First { get; init; }

    /// <summary>The highest.</summary>
    public required string Last { get; init; }

    /// <summary>How many.</summary>
    public required long Count { get; init; }

    /// <summary>ISO 3166-1 alpha-2, or the calling code (+883) where no country has it.</summary>
    public required string Country { get; init; }

    /// <summary>The trunk that may present them.</summary>
    public required string Trunk { get; init; }

    /// <summary>What the operator calls them.</summary>
    public required IReadOnlyList<string> Tags { get; init; }

    /// <summary>What is done with them.</summary>
    public required ShownState State { get; init; }

    /// <summary>Of a rest: its end (UTC).</summary>
    public DateTimeOffset? RestsUntil { get; init; }

    /// <summary>How often they have rested by themselves without having shown themselves in between.</summary>
    public required int Rests { get; init; }

    /// <summary>Why they are not active; left out while they are.</summary>
    public string? Reason { get; init; }

    /// <summary>Who said so: an application, or a part of the pool.</summary>
    public string? ChangedBy { get; init; }

    /// <summary>When (UTC).</summary>
    public DateTimeOffset? ChangedAt { get; init; }

    /// <summary>The view of a run at a moment.</summary>
    public static RunView Of(Run run, DateTimeOffset now) => new()
    {
        First = Text(run.Numbers.First),
        Last = Text(run.Numbers.Last),
        Count = run.Numbers.Count,
        Country = run.Country,
        Trunk = run.Trunk,
        Tags = run.Tags,
        State = run.State switch
        {
            NumberState.Active => ShownState.Active,
            NumberState.Resting rest => rest.Until > now ? ShownState.Resting : ShownState.OnTrial,
            NumberState.Retired => ShownState.Retired,
            _ => throw new ArgumentOutOfRangeException(nameof(run)),
        },
        RestsUntil = (run.State as NumberState.Resting)?.Until,
        Rests = run.Rests,
        Reason = run.Reason,
        ChangedBy = run.ChangedBy,
        ChangedAt = run.ChangedAt,
    };

    /// <summary>A number in E.164 form.</summary>
    public static string Text(long number) => string.Create(CultureInfo.InvariantCulture, $"+{number}");
}
