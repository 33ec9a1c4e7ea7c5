using FlashCall.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.NumberPool.Numbers.Operations;

/// <summary>What an operator does to numbers: <c>POST /v1/numbers/rest</c>, <c>retire</c>, <c>activate</c> and <c>remove</c>. Each is done
/// to all numbers named that the pool has, at once; doing it again changes nothing.</summary>
internal static partial class ChangeNumbers
{
    private const string Fields = "numbers, reason";
    private static readonly TimeSpan LongestRest = TimeSpan.FromDays(366);

    /// <summary>They are not leased until the rest ends; then they are on trial.</summary>
    public static Task<Results<Ok<ChangeView>, ProblemHttpResult>> RestAsync(
        ChangeDocument document, HttpContext http, Inventory inventory, TimeProvider time, ILogger<Inventory> logger)
    {
        var mistakes = new NumberMistakes();
        mistakes.RefuseUnknown(document.Unknown, $"{Fields}, until, for");
        var until = ReadEnd(document, mistakes, time.GetUtcNow());
        return SetAsync(new NumberState.Resting(until), document, mistakes, http, inventory, logger);
    }

    /// <summary>They are not leased any more.</summary>
    public static Task<Results<Ok<ChangeView>, ProblemHttpResult>> RetireAsync(
        ChangeDocument document, HttpContext http, Inventory inventory, ILogger<Inventory> logger) =>
        SetAsync(new NumberState.Retired(), document, WithoutEnd(document), http, inventory, logger);

    /// <summary>They are leased again, as if they had never rested.</summary>
    public static Task<Results<Ok<ChangeView>, ProblemHttpResult>> ActivateAsync(
        ChangeDocument document, HttpContext http, Inventory inventory, ILogger<Inventory> logger) =>
        SetAsync(new NumberState.Active(), document, WithoutEnd(document), http, inventory, logger);

    /// <summary>They leave the pool.</summary>
    public static Task<Results<Ok<ChangeView>, ProblemHttpResult>> RemoveAsync(
        ChangeDocument document, HttpContext http, Inventory inventory, ILogger<Inventory> logger) =>
        MakeAsync(
            HistoryRows.Removed, document, WithoutEnd(document), http, logger,
            (spans, reason, by) => inventory.RemoveAsync(spans, reason, by, http.RequestAborted));

    private static Task<Results<Ok<ChangeView>, ProblemHttpResult>> SetAsync(
        NumberState to, ChangeDocument document, NumberMistakes mistakes, HttpContext http, Inventory inventory, ILogger logger) =>
        MakeAsync(
            RunRows.NameOf(to), document, mistakes, http, logger,
            (spans, reason, by) => inventory.ChangeStateAsync(
                [.. spans.Select(span => new NumberChange(span, to, reason))], by, http.RequestAborted));

    private static async Task<Results<Ok<ChangeView>, ProblemHttpResult>> MakeAsync(
        string what, ChangeDocument document, NumberMistakes mistakes, HttpContext http, ILogger logger,
        Func<List<NumberSpan>, string, string, Task<StateChange>> change)
    {
        var spans = NumberSpans.Union(mistakes.ReadSpans(document.Numbers));
        var reason = mistakes.ReadReason(document.Reason);
        if (!mistakes.None)
            return mistakes.ToProblem();
        var by = http.User.ApplicationId();
        var result = await change(spans, reason, by);
        if (result.Touched == 0)
            return Unknown();
        LogChanged(logger, result.Changed, what, by);
        return TypedResults.Ok(new ChangeView(result.Touched, result.Changed));
    }

    /// <summary>What an operator is told of numbers that the pool does not have.</summary>
    public static ProblemHttpResult Unknown() => Problems.Problem(
        404, "numbers_not_found", "No such numbers", "The pool has none of these numbers. GET /v1/numbers lists those it has.");

    private static NumberMistakes WithoutEnd(ChangeDocument document)
    {
        var mistakes = new NumberMistakes();
        mistakes.RefuseUnknown(document.Unknown, Fields);
        if (document.Until is not null)
            mistakes.Add("until", "is for a rest alone. Leave it out, or POST to /v1/numbers/rest.");
        if (document.For is not null)
            mistakes.Add("for", "is for a rest alone. Leave it out, or POST to /v1/numbers/rest.");
        return mistakes;
    }

    private static DateTimeOffset ReadEnd(ChangeDocument document, NumberMistakes mistakes, DateTimeOffset now)
    {
        if ((document.Until is null) == (document.For is null))
        {
            mistakes.Add("until", "or 'for' has to be given, and not both: when the rest ends, such as 2030-01-31T00:00:00Z, or how long "
                + $"it lasts, as {Duration.Form}.");
            return now;
        }
        if (document.For is null)
        {
            if (document.Until <= now || document.Until > now + LongestRest)
            {
                mistakes.Add("until", $"is out of range. Give a time within the next {LongestRest.Days} days; to take numbers out for "
                    + "longer, retire them.");
            }
            return document.Until!.Value;
        }
        if (Duration.TryParse(document.For, out var time) && time > TimeSpan.Zero && time <= LongestRest)
            return now + time;
        mistakes.Add("for", $"is out of range, or no duration. Give up to {Duration.Write(LongestRest)} as {Duration.Form}.");
        return now;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} numbers are now {State}, by {Application}")]
    private static partial void LogChanged(ILogger logger, long count, string state, string application);
}
