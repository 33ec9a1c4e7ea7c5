using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using FlashCall.Cli.Api;
using Spectre.Console;

namespace FlashCall.Cli.Numbers;

/// <summary><c>flashcall numbers list</c>: the pool in ascending order, page by page.</summary>
internal sealed class ListNumbers : IApiCommand
{
    private const int LargestPage = 1000;

    private readonly Option<string?>[] _filters =
    [
        new("--country") { Description = "Of this country only: GB." },
        new("--trunk") { Description = "Of this trunk only." },
        new("--tag") { Description = "With this tag only." },
        new("--state") { Description = "In this state only: active, resting, on_trial or retired." },
        new("--prefix") { Description = "Beginning with this only: +4420." },
    ];

    private readonly Option<int> _limit = new("--limit") { Description = "How many rows at most.", DefaultValueFactory = _ => 100 };
    private readonly Option<bool> _all = new("--all") { Description = "All rows, however many." };

    public ListNumbers()
    {
        Command = new Command("list", "Lists numbers; a row stands for consecutive ones that are the same in everything.") { _limit, _all };
        foreach (var filter in _filters)
            Command.Add(filter);
        _limit.Validators.Add(parsed =>
        {
            if (parsed.GetValue(_limit) < 1)
                parsed.AddError("--limit is less than 1. Give how many rows are wanted, or --all.");
        });
    }

    public Command Command { get; }

    public async Task<int> RunAsync(ApiRun run, CancellationToken cancellationToken)
    {
        var left = run.Parsed.GetValue(_all) ? long.MaxValue : run.Parsed.GetValue(_limit);
        var rows = Tables.Of("numbers", ">count", "country", "trunk", "tags", "state", "reason", "changed");
        var documents = new List<JsonElement>();
        var (count, next) = (0L, (string?)null);
        do
        {
            var path = Path(run.Parsed, Math.Min(left, LargestPage), next);
            var document = await run.Api.GetAsync(path, NumbersJson.Default.JsonElement, cancellationToken);
            var page = ApiRun.Read(document, NumbersJson.Default.Page);
            next = page.Next;
            left -= page.Numbers.Count;
            count += page.Numbers.Sum(numbers => numbers.Count);
            if (run.Json)
                documents.AddRange(document.GetProperty("numbers").EnumerateArray());
            else
                AddTo(rows, page);
        }
        while (next is not null && left > 0);
        if (run.Json)
        {
            var all = new Dictionary<string, object?> { ["numbers"] = documents, ["next"] = next };
            await run.PrintAsync(JsonSerializer.SerializeToElement(all));
            return CommandLine.Succeeded;
        }
        var console = run.Terminal.Rich();
        Tables.Write(console, title: null, rows);
        console.WriteLine(next is null
            ? $"{Tables.Count(count)} numbers in {Tables.Count(rows.Rows.Count)} rows."
            : $"{Tables.Count(count)} numbers in {Tables.Count(rows.Rows.Count)} rows, and there are more: give --limit or --all.");
        return CommandLine.Succeeded;
    }

    private string Path(ParseResult parsed, long limit, string? cursor)
    {
        var path = $"v1/numbers?limit={limit.ToString(CultureInfo.InvariantCulture)}";
        foreach (var filter in _filters)
        {
            if (parsed.GetValue(filter) is { } value)
                path += $"&{filter.Name[2..]}={Uri.EscapeDataString(value)}";
        }
        return cursor is null ? path : $"{path}&cursor={Uri.EscapeDataString(cursor)}";
    }

    private static void AddTo(Table rows, Page page)
    {
        foreach (var numbers in page.Numbers)
        {
            var changed = numbers.ChangedBy is null ? "" : $"{Tables.Time(numbers.ChangedAt)} {numbers.ChangedBy}";
            rows.Add(Tables.Span(numbers.First, numbers.Last), Tables.Count(numbers.Count), numbers.Country, numbers.Trunk,
                string.Join(' ', numbers.Tags), Tables.State(numbers.State, numbers.RestsUntil), numbers.Reason, changed);
        }
    }
}
