using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using FlashCall.Cli.Api;
using FlashCall.Cli.Replay;

namespace FlashCall.Cli.Export;

/// <summary><c>flashcall export</c>: events, or a row for each session, as a file for other tools.</summary>
internal sealed class ExportCommand
{
    private const string Events = "events", Sessions = "sessions", Funnel = "funnel";
    private const string Csv = "csv", Ndjson = "ndjson", Parquet = "parquet";
    private const string StandardOutput = "-";

    private readonly Terminal _terminal;
    private readonly ApiOptions _api;
    private readonly DatabaseOptions _database;

    private readonly Option<string> _what = new("--what")
    {
        Description = "A row for each of: events or sessions; or funnel, what it counts by hour, application, purpose, country, prefix and "
            + "trunk.",
        DefaultValueFactory = _ => Events,
    };

    private readonly Option<string> _format = new("--format")
    {
        Description = "csv, ndjson or parquet.",
        DefaultValueFactory = _ => Ndjson,
    };


    private readonly Option<string> _output = new("--output")
    {
        Description = "The file. It has .part behind its name until it is whole. - writes to standard output.",
        DefaultValueFactory = _ => StandardOutput,
    };

    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Replace the file if it is there." };
    private readonly Option<bool> _resume = new("--resume")
    {
        Description = "Go on with the .part that an earlier run left (events as ndjson).",
    };

    private readonly Option<string?> _from = new("--from")
    {
        Description = "Events stored then or later; sessions requested then or later; of the funnel, a whole hour.",
    };

    private readonly Option<string?> _to = new("--to")
    {
        Description = "Events stored before; sessions requested before; of the funnel, a whole hour.",
    };

    private readonly Option<string[]> _types = new("--type") { Description = "Events of this name; may be given several times." };
    private readonly Option<string[]> _applications = new("--application")
    {
        Description = "Sessions of this application; may be given several times.",
    };

    private readonly Option<string[]> _purposes = new("--purpose")
    {
        Description = "Sessions for this purpose; may be given several times.",
    };

    private readonly Option<string[]> _countries = new("--country")
    {
        Description = "Numbers of this country, such as SE; may be given several times.",
    };

    private readonly Option<bool> _plain = new("--plain-numbers")
    {
        Description = "Numbers in plain. The key has to be allowed to, and it is entered in a book.",
    };

    private readonly Option<bool> _direct = new("--direct")
    {
        Description = "Read the verification service's database itself, and not the API.",
    };


    private ExportCommand(Terminal terminal) =>
        (_terminal, _api, _database) = (terminal, new ApiOptions(terminal), new DatabaseOptions(terminal));

    public static Command Create(Terminal terminal) => new ExportCommand(terminal).Create();

    private Command Create()
    {
        _what.CompletionSources.Add(Events, Sessions, Funnel);
        _format.CompletionSources.Add(Csv, Ndjson, Parquet);
        var command = new Command("export", "Writes what happened to a file for other tools, in constant memory. Numbers are masked.")
        {
            _what, _format, _output, _overwrite, _resume, _from, _to, _types, _applications, _purposes, _countries, _plain, _direct,
            _api.Address, _api.Key, _api.KeyFile,
        };
        _database.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (format, output) = (parsed.GetRequiredValue(_format), parsed.GetRequiredValue(_output));
        if (format is not (Csv or Ndjson or Parquet))
            throw new CommandException($"--format is '{format}'. Expected {Csv}, {Ndjson} or {Parquet}.");
        var what = parsed.GetRequiredValue(_what);
        if (what is not (Events or Sessions or Funnel))
            throw new CommandException($"--what is '{what}'. Expected {Events}, {Sessions} or {Funnel}.");
        var query = Query(parsed, what);
        var resumes = parsed.GetValue(_resume);
        if (resumes && (what != Events || format != Ndjson || output == StandardOutput))
            throw new CommandException("--resume goes on with a file of events as ndjson. Leave it out to begin anew.");
        if (format == Parquet && output == StandardOutput)
            throw new CommandException("Parquet is written to a file. Name it by --output.");
        ExportTable table = what switch
        {
            Sessions => new SessionTable(Time("--to", parsed.GetValue(_to))),
            Funnel => new FunnelTable(),
            _ => new EventTable(),
        };
        if (!parsed.GetValue(_direct))
        {
            using var api = _api.Connect(parsed);
            return await WriteAsync(
                what == Funnel ? (_, cancelled) => new ApiFunnel(api, query).LinesAsync(cancelled) : new ApiEvents(api, query).LinesAsync);
        }
        if (what == Funnel)
        {
            throw new CommandException(
                "--what funnel goes over the API. In the database itself it is a view for SQL: copy (select * from funnel) to stdout.");
        }
        if (query.IsPlain)
            throw new CommandException("--plain-numbers goes over the API alone, which enters it in a book. Leave --direct out.");
        await using var data = _database.Open(parsed);
        return await DatabaseOptions.WithAsync(() => WriteAsync(new DatabaseEvents(data, query, TimeProvider.System).LinesAsync));

        async Task<int> WriteAsync(Func<long, CancellationToken, IAsyncEnumerable<ReadOnlyMemory<byte>>> lines)
        {
            if (output == StandardOutput)
            {
                await using var stream = _terminal.OutputBytes();
                await CopyAsync(lines(0, cancellationToken), stream, format, table, cancellationToken);
                await stream.FlushAsync(cancellationToken);
                return CommandLine.Succeeded;
            }
            var part = PartFile.Open(output, parsed.GetValue(_overwrite), resumes);
            return await WriteFileAsync(lines, part, output, format, table, cancellationToken);
        }
    }

    private async Task<int> WriteFileAsync(
        Func<long, CancellationToken, IAsyncEnumerable<ReadOnlyMemory<byte>>> lines, PartFile part, string output, string format,
        ExportTable table, CancellationToken cancellationToken)
    {
        var isLeft = format == Ndjson && table is EventTable;
        var isWhole = false;
        try
        {
            var rows = await CopyAsync(lines(part.Cursor, cancellationToken), part.Stream, format, table, cancellationToken);
            await part.CompleteAsync(cancellationToken);
            isWhole = true;
            await _terminal.Error.WriteLineAsync($"{Tables.Count(rows)} rows written to {output}.");
            return CommandLine.Succeeded;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await _terminal.Error.WriteLineAsync(isLeft
                ? $"flashcall: Interrupted. {part.PartPath} has what was written; the same command with --resume goes on from there."
                : "flashcall: Interrupted. Nothing was written.");
            return CommandLine.Interrupted;
        }
        finally
        {
            await part.DisposeAsync();
            if (!isWhole && !isLeft)
                File.Delete(part.PartPath);
        }
    }

    private Task<long> CopyAsync(
        IAsyncEnumerable<ReadOnlyMemory<byte>> lines, Stream stream, string format, ExportTable table, CancellationToken cancellationToken)
    {
        var progress = new ExportProgress(_terminal);
        return progress.RunAsync(async () =>
        {
            await using ExportFile file = format switch
            {
                Csv => new CsvFile(stream, table.Columns),
                Parquet => new ParquetFile(stream, table.Columns),
                _ => new NdjsonFile(stream, table.Columns),
            };
            var rows = 0L;
            await foreach (var line in lines.WithCancellation(cancellationToken))
            {
                using var document = JsonDocument.Parse(line);
                var read = document.RootElement;
                if (table.PlaceOf(read) is not { } place)
                    continue;
                progress.Read(place);
                foreach (var row in table.Take(read))
                {
                    rows++;
                    await file.WriteAsync(row, table is EventTable ? line : default, cancellationToken);
                }
            }
            foreach (var row in table.End())
            {
                rows++;
                await file.WriteAsync(row, default, cancellationToken);
            }
            await file.CompleteAsync(cancellationToken);
            return rows;
        });
    }

    private ExportQuery Query(ParseResult parsed, string what)
    {
        var types = parsed.GetValue(_types) ?? [];
        if (what != Events && types.Length > 0)
            throw new CommandException($"--type narrows events. Leave it out with --what {what}.");
        var (from, to) = (Time("--from", parsed.GetValue(_from)), Time("--to", parsed.GetValue(_to)));
        if (what == Funnel && !(IsHour(from) && IsHour(to) && from < to))
        {
            throw new CommandException(
                "--what funnel is of a span of whole hours: give --from and --to, such as 2026-11-23 and 2026-11-24T12:00Z.");
        }
        return new ExportQuery
        {
            From = from,
            // What becomes of the last of them comes later.
            To = what == Sessions ? to + SessionTable.Lasts : to,
            Types = types,
            Applications = parsed.GetValue(_applications) ?? [],
            Purposes = parsed.GetValue(_purposes) ?? [],
            Countries = parsed.GetValue(_countries) ?? [],
            IsPlain = parsed.GetValue(_plain),
        };
    }

    private static bool IsHour(DateTimeOffset? time) => time is { } one && one.UtcTicks % TimeSpan.TicksPerHour == 0;

    private static DateTimeOffset? Time(string option, string? text)
    {
        if (text is null)
            return null;
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, Utc, out var time)
            ? time
            : throw new CommandException(
                $"{option} is '{text}', which is no time. Expected one such as 2026-11-23T09:00:00Z, or a day such as 2026-11-23 (UTC).");
    }
}
