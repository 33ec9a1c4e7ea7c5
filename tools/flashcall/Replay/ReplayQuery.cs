using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using FlashCall.Cli.Replay.Queries;
using FlashCall.EventLog;
using FlashCall.Replay;

namespace FlashCall.Cli.Replay;

/// <summary><c>flashcall replay query</c>: an analyst's own question to the event log.</summary>
internal static class ReplayQuery
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        IncludeFields = true,
    };

    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string?>("file")
        {
            Description = "A file of C# with one class of Query<TState>.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var expression = new Option<string?>("--expression")
        {
            Description = "Instead of a file: C# over an event e, such as 'e.Type' or 'e.Is(\"answered\") ? e.Text(\"trunk\") : null'. Events are "
                + "counted by what it makes of them, null left out; a tuple makes several columns.",
        };
        var from = Time("--from", "Events stored then or later");
        var to = Time("--to", "Events stored before");
        var types = new Option<string[]>("--type") { Description = "Events of this name; may be given several times. All, if left out." };
        var state = new Option<string?>("--state")
        {
            Description = "A file to keep in what is known so far. If it is there, the replay goes on from it: after an interruption, or with what "
                + "has come since.",
        };
        var json = new Option<bool>("--json") { Description = "Print the rows as JSON." };
        var command = new Command("query", "Runs a query of your own over the event log: a class in a file of C#, or an expression. Numbers are masked.")
        {
            file, expression, from, to, types, state, json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(file) is null == result.GetValue(expression) is null)
                result.AddError("Give a file or an --expression, one of them.");
        });
        var database = new DatabaseOptions(terminal);
        database.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (query, source) = Compile(parsed.GetValue(file), parsed.GetValue(expression));
            var filter = new EventFilter
            {
                From = parsed.GetValue(from),
                To = parsed.GetValue(to),
                Types = parsed.GetValue(types) is { Length: > 0 } named ? named : query.Types,
            };
            var identity = JsonSerializer.Serialize(new { source, filter.From, filter.To, filter.Types });
            await using var data = database.Open(parsed);
            using var reader = new EventReader(data, TimeProvider.System);
            var display = new ReplayDisplay(terminal, TimeProvider.System, "Query");
            var run = new QueryRun(query, filter, identity, parsed.GetValue(state));
            try
            {
                var (rows, place) = await DatabaseOptions.WithAsync(
                    () => display.RunAsync(() => run.RunAsync(reader, display.Show, cancellationToken)));
                await PrintAsync(terminal, rows, parsed.GetValue(json));
                await terminal.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                    $"{Tables.Count(place.Events)} events in {place.Elapsed.TotalSeconds:0.0} s, {Tables.Count((long)place.Rate)} a second."));
                return CommandLine.Succeeded;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                await terminal.Error.WriteLineAsync($"flashcall: Interrupted at {Tables.Count(display.Last.At)} of {Tables.Count(display.Last.Target)}. "
                    + (parsed.GetValue(state) is { } kept
                        ? $"Run it again with --state {kept} to go on."
                        : "Nothing is kept; with --state FILE it can be gone on from."));
                return CommandLine.Interrupted;
            }
        });
        return command;
    }

    private static Option<DateTimeOffset?> Time(string name, string what) => new(name)
    {
        Description = $"{what}, a time with its offset (RFC 3339), such as 2026-11-23T09:00:00Z.",
        CustomParser = result =>
        {
            var text = result.Tokens.Single().Value;
            if (text.Length > 10 && text[10] is 'T' or 't' && DateTimeOffset.TryParse(
                text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            {
                return time.ToUniversalTime();
            }
            result.AddError($"{name}: Give a time with its offset (RFC 3339), such as 2026-11-23T09:00:00Z.");
            return null;
        },
    };

    private static (IQuery Query, string Source) Compile(string? file, string? expression)
    {
        if (expression is not null)
            return (QueryCompiler.OfExpression(expression), expression);
        try
        {
            var source = File.ReadAllText(file!);
            return (QueryCompiler.OfFile(file!, source), source);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"The query cannot be read: {exception.Message}", exception);
        }
    }

    private static async Task PrintAsync(Terminal terminal, IReadOnlyList<object> rows, bool json)
    {
        if (json)
        {
            await terminal.Output.WriteLineAsync(JsonSerializer.Serialize(rows, Json));
            return;
        }
        var cells = rows.Select(row => JsonSerializer.SerializeToElement(row, row.GetType(), Json)).ToList();
        if (cells.Exists(row => row.ValueKind != JsonValueKind.Object))
            throw new CommandException("A row of the query is no object. Give objects whose properties are the columns: new { trunk, calls }.");
        var columns = cells.SelectMany(row => row.EnumerateObject().Select(cell => cell.Name)).Distinct(StringComparer.Ordinal).ToList();
        var table = Tables.Of([.. columns.Select(column => cells.TrueForAll(row =>
            !row.TryGetProperty(column, out var cell) || cell.ValueKind == JsonValueKind.Number) ? $">{column}" : column)]);
        foreach (var row in cells)
            table.Add([.. columns.Select(column => row.TryGetProperty(column, out var cell) ? Text(cell) : "")]);
        if (cells.Count == 0)
            await terminal.Error.WriteLineAsync("No rows.");
        else
            Tables.Write(terminal.Rich(), title: null, table);
    }

    private static string Text(JsonElement cell) => cell.ValueKind switch
    {
        JsonValueKind.Null => "",
        JsonValueKind.String => cell.GetString()!,
        _ => cell.GetRawText(),
    };
}
