using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.NumberPool.Numbers.Operations;

/// <summary>All that is known of a number: <c>GET /v1/numbers/{number}</c>.</summary>
internal static class GetNumber
{
    /// <summary>A number.</summary>
    /// <param name="Number">In E.164 form.</param>
    /// <param name="Run">The numbers around it that are the same in everything.</param>
    /// <param name="History">What was done to it, the newest first, 100 at most.</param>
    /// <param name="Wear">What became of its calls, by destination and trunk, the most called first, 1000 at most.</param>
    /// <param name="Evidence">The evidence that it does not get through; left out where there is none.</param>
    internal sealed record View(
        string Number, RunView Run, IReadOnlyList<ChangeOfView> History, IReadOnlyList<WearRow> Wear, EvidenceRow? Evidence);

    /// <summary>What was done to it.</summary>
    /// <param name="First">The lowest number that it was done to.</param>
    /// <param name="Last">The highest.</param>
    /// <param name="Trunk">The trunk they were of.</param>
    /// <param name="Change">added, activated, rested, retired or removed.</param>
    /// <param name="RestsUntil">Of a rest: its end (UTC).</param>
    /// <param name="Reason">Why.</param>
    /// <param name="ChangedBy">Who did it.</param>
    /// <param name="ChangedAt">When (UTC).</param>
    internal sealed record ChangeOfView(
        string First, string Last, string Trunk, string Change, DateTimeOffset? RestsUntil, string? Reason, string ChangedBy,
        DateTimeOffset ChangedAt);

    public static async Task<Results<Ok<View>, ProblemHttpResult>> HandleAsync(
        string number, NumberCatalogue catalogue, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!NumberSpan.TryParse(number, out var span, out var problem) || span.Count > 1)
        {
            var mistakes = new NumberMistakes();
            mistakes.Add("number", problem ?? "is more than one. Give a single number.");
            return mistakes.ToProblem();
        }
        if (await catalogue.FindAsync(span.First, cancellationToken) is not { } known)
            return ChangeNumbers.Unknown();
        return TypedResults.Ok(new View(
            RunView.Text(span.First),
            RunView.Of(known.Run, time.GetUtcNow()),
            [
                .. known.History.Select(past => new ChangeOfView(
                    RunView.Text(past.Numbers.First), RunView.Text(past.Numbers.Last), past.Trunk, past.Change, past.RestsUntil,
                    past.Reason, past.ChangedBy, past.ChangedAt)),
            ],
            known.Wear, known.Evidence));
    }
}
