using FlashCall.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.NumberPool.Numbers.Operations;

/// <summary>Adds numbers, all of them or none: <c>POST /v1/numbers</c>.</summary>
internal static partial class AddNumbers
{
    /// <summary>Those that were added.</summary>
    /// <param name="Numbers">How many.</param>
    internal sealed record View(long Numbers);

    public static async Task<Results<Ok<View>, ProblemHttpResult>> HandleAsync(
        NewNumbersDocument document, HttpContext http, NumberIntake intake, ILogger<NumberIntake> logger)
    {
        var mistakes = new NumberMistakes();
        var numbers = Read(document, mistakes);
        if (!mistakes.None)
            return mistakes.ToProblem();
        var by = http.User.ApplicationId();
        var result = await intake.TakeAsync(numbers.ToAsyncEnumerable(), IntakeMode.AllOrNothing, by, http.RequestAborted);
        foreach (var line in result.Untaken)
        {
            mistakes.Add($"numbers[{line.Line}]", line.SharedWith is { } other
                ? $"has a number that numbers[{other}] has too. Give each number once."
                : "has a number that the pool has already. Leave it out, or remove it first.");
        }
        if (!mistakes.None)
            return mistakes.ToProblem();
        LogAdded(logger, result.Numbers, by);
        return TypedResults.Ok(new View(result.Numbers));
    }

    private static List<NewNumbers> Read(NewNumbersDocument document, NumberMistakes mistakes)
    {
        mistakes.RefuseUnknown(document.Unknown, "numbers, trunk, country, tags");
        if (NumberWords.MistakeInTrunk(document.Trunk) is { } noTrunk)
            mistakes.Add("trunk", noTrunk);
        if (NumberWords.ReadTags(document.Tags ?? [], out var tags) is { } noTags)
            mistakes.Add("tags", noTags);
        var spans = mistakes.ReadSpans(document.Numbers);
        var numbers = new List<NewNumbers>();
        if (!mistakes.None)
            return numbers;
        for (var i = 0; i < spans.Count; i++)
        {
            if (NumberingPlan.TryFindCountry(spans[i], document.Country, out var country, out var problem))
                numbers.Add(new NewNumbers(i, spans[i], document.Trunk!, country, tags));
            else if (problem.IsOfNumber)
                mistakes.Add($"numbers[{i}]", problem.Text);
            else
                mistakes.Add("country", $"{problem.Text} (numbers[{i}])");
        }
        return numbers;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} numbers were added by {Application}")]
    private static partial void LogAdded(ILogger logger, long count, string application);
}
