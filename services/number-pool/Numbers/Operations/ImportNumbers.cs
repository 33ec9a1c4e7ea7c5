using FlashCall.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace FlashCall.NumberPool.Numbers.Operations;

/// <summary>Adds the numbers of a CSV file: <c>POST /v1/numbers/import</c>. Good lines are taken, each bad one is told with the reason.
/// With <c>?dryRun=true</c> nothing is changed; <c>?trunk=</c> and <c>?tags=</c> hold for lines that name none.</summary>
internal static partial class ImportNumbers
{
    /// <summary>Bytes of a file at most.</summary>
    public const long LargestFile = 200L * 1024 * 1024;

    /// <summary>What came of a file.</summary>
    /// <param name="DryRun">Whether nothing was changed.</param>
    /// <param name="Numbers">Numbers that were added, or would have been.</param>
    /// <param name="Lines">The lines that they stood on.</param>
    /// <param name="RefusedLines">Lines that were not taken.</param>
    /// <param name="Refused">The first 10,000 of them.</param>
    internal sealed record View(bool DryRun, long Numbers, long Lines, long RefusedLines, IReadOnlyList<RefusedLine> Refused);

    public static async Task<Results<Ok<View>, ProblemHttpResult>> HandleAsync(
        HttpContext http, NumberIntake intake, ILogger<NumberIntake> logger, string? trunk = null, string? tags = null, bool dryRun = false)
    {
        if (!MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type)
            || !type.MediaType.Equals("text/csv", StringComparison.OrdinalIgnoreCase))
        {
            return Problems.Problem(
                415, "unsupported_media_type", "Unsupported media type", "Send the file as 'Content-Type: text/csv', in UTF-8.");
        }
        var mistakes = new NumberMistakes();
        if (trunk is not null && NumberWords.MistakeInTrunk(trunk) is { } noTrunk)
            mistakes.Add("trunk", noTrunk);
        if (NumberWords.ReadTags(tags ?? "", out var tagList) is { } noTags)
            mistakes.Add("tags", noTags);
        if (!mistakes.None)
            return mistakes.ToProblem();
        var csv = new NumberCsv(http.Request.Body, new NumberDefaults(trunk, tagList));
        var by = http.User.ApplicationId();
        try
        {
            var result = await intake.TakeAsync(
                csv.ReadAsync(http.RequestAborted), dryRun ? IntakeMode.DryRun : IntakeMode.Good, by, http.RequestAborted);
            if (!dryRun)
                LogImported(logger, result.Numbers, by, csv.RefusedLines + result.UntakenLines);
            return TypedResults.Ok(ViewOf(dryRun, csv, result));
        }
        catch (NumberCsvException exception)
        {
            return Problems.Problem(422, "malformed_csv", "Not a CSV file of numbers", exception.Message);
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == 413)
        {
            return Problems.Problem(413, "body_too_large", "Body too large",
                $"The file is larger than {LargestFile / 1024 / 1024} MiB. Import it in parts.");
        }
    }

    private static View ViewOf(bool dryRun, NumberCsv csv, IntakeResult result) => new(
        dryRun, result.Numbers, result.Lines, csv.RefusedLines + result.UntakenLines,
        [
            .. csv.Refused.Concat(result.Untaken.Select(line => new RefusedLine(line.Line, line.SharedWith is { } other
                    ? $"number has one that line {other} has too."
                    : "number has one that the pool has already.")))
                .OrderBy(line => line.Line).Take(NumberIntake.MostReported),
        ]);

    [LoggerMessage(Level = LogLevel.Information,
        Message = "{Count} numbers were imported by {Application}; {Refused} lines were refused")]
    private static partial void LogImported(ILogger logger, long count, string application, long refused);
}
