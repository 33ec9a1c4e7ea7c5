using System.CommandLine;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using FlashCall.Cli.Api;

namespace FlashCall.Cli.Numbers;

/// <summary><c>flashcall numbers import</c>: sends a CSV file to the pool and reports line by line what was refused.</summary>
internal sealed class ImportNumbers : IApiCommand
{
    private const string StandardInput = "-";

    /// <summary>Longer than the gateway waits for the pool.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(11);

    private readonly Argument<string> _file = new("file")
    {
        Description = "A CSV file with a header; columns number, trunk, country, tags (separated by ;), of which number alone must be "
            + "there. - reads standard input.",
    };

    private readonly Option<string?> _trunk = new("--trunk") { Description = "The trunk of lines that name none." };
    private readonly Option<string[]> _tags = new("--tag") { Description = "A tag of lines that name none; may be given several times." };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Change nothing; say what would be taken and refused." };
    private readonly Option<string?> _report = new("--report") { Description = "A CSV file to write the refused lines to (line, reason)." };

    public ImportNumbers() =>
        Command = new Command("import", "Imports numbers from a CSV file. Exit code 0: all taken; 1: some lines refused; 2: not possible.")
        {
            _file, _trunk, _tags, _dryRun, _report,
        };

    public Command Command { get; }

    public async Task<int> RunAsync(ApiRun run, CancellationToken cancellationToken)
    {
        await using var source = Open(run);
        // Opened before anything is sent: a report that cannot be written is no surprise afterwards.
        await using var report = run.Parsed.GetValue(_report) is { } path ? CreateReport(path) : null;
        var upload = new Upload(source);
        IUploadDisplay display = run.Terminal.ErrorIsTerminal
            ? new UploadBar(run.Terminal.RichError())
            : new UploadLines(run.Terminal.Error);
        JsonElement document;
        try
        {
            document = await display.ShowAsync(upload, () => SendAsync(run, upload, cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await run.Terminal.Error.WriteLineAsync($"flashcall: {WhatInterruptionMeans(upload, run.Parsed.GetValue(_dryRun))}");
            return CommandLine.Interrupted;
        }
        var answer = ApiRun.Read(document, NumbersJson.Default.ImportAnswer);
        if (report is not null)
            await WriteReportAsync(report, answer);
        if (run.Json)
            await run.PrintAsync(document);
        else
            await PrintAsync(run.Terminal.Output, answer, lines: report is null);
        return answer.RefusedLines == 0 ? CommandLine.Succeeded : CommandLine.SomeRefused;
    }

    private Stream Open(ApiRun run)
    {
        var file = run.Parsed.GetRequiredValue(_file);
        if (file == StandardInput)
            return run.Terminal.InputBytes();
        try
        {
            return new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1, FileOptions.SequentialScan);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"The file cannot be read: {exception.Message}", exception);
        }
    }

    private async Task<JsonElement> SendAsync(ApiRun run, Upload upload, CancellationToken cancellationToken)
    {
        var query = new StringBuilder("v1/numbers/import?dryRun=").Append(run.Parsed.GetValue(_dryRun) ? "true" : "false");
        if (run.Parsed.GetValue(_trunk) is { } trunk)
            query.Append("&trunk=").Append(Uri.EscapeDataString(trunk));
        if (run.Parsed.GetValue(_tags) is { Length: > 0 } tags)
            query.Append("&tags=").Append(Uri.EscapeDataString(string.Join(';', tags)));
        upload.Headers.ContentType = new MediaTypeHeaderValue("text/csv", "utf-8");
        using var message = new HttpRequestMessage(HttpMethod.Post, query.ToString()) { Content = upload };
        // Asked first, the API can refuse before the file is on its way, and its answer is not lost in a broken connection.
        message.Headers.ExpectContinue = true;
        using var silence = new CancellationTokenSource(Patience);
        upload.Watch(() => silence.CancelAfter(Patience));
        using var response = await run.Api.SendAsync(message, silence, cancellationToken);
        return await run.Api.ReadAsync(response, NumbersJson.Default.JsonElement, cancellationToken);
    }

    private static string WhatInterruptionMeans(Upload upload, bool dryRun)
    {
        if (dryRun)
            return "Interrupted. Nothing was changed: it was a dry run.";
        return upload.IsAllSent
            ? "Interrupted while the pool took the numbers in: all that it took are in it, or none, and never some. "
                + "'flashcall numbers statistics' tells which; importing the file again adds nothing twice."
            : "Interrupted before the pool had the whole file: nothing of it is in the pool.";
    }

    private static StreamWriter CreateReport(string path)
    {
        try
        {
            return new StreamWriter(path, append: false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandException($"The report cannot be written: {exception.Message} Nothing was sent.", exception);
        }
    }

    /// <summary>The refused lines as CSV (RFC 4180).</summary>
    private static async Task WriteReportAsync(StreamWriter report, ImportAnswer answer)
    {
        await report.WriteLineAsync("line,reason");
        foreach (var refused in answer.Refused)
            await report.WriteLineAsync($"{refused.Line},\"{refused.Reason.Replace("\"", "\"\"", StringComparison.Ordinal)}\"");
    }

    private static async Task PrintAsync(TextWriter output, ImportAnswer answer, bool lines)
    {
        if (lines)
        {
            foreach (var refused in answer.Refused)
                await output.WriteLineAsync($"line {refused.Line}: {refused.Reason}");
        }
        if (answer.RefusedLines > answer.Refused.Count)
        {
            await output.WriteLineAsync($"… and {Tables.Count(answer.RefusedLines - answer.Refused.Count)} lines more: "
                + $"the pool names the first {Tables.Count(answer.Refused.Count)}. Correct these and import again.");
        }
        await output.WriteLineAsync($"{Tables.Count(answer.Numbers)} numbers on {Tables.Count(answer.Lines)} lines "
            + $"{(answer.DryRun ? "would be added" : "added")}, {Tables.Count(answer.RefusedLines)} lines refused.");
    }
}
