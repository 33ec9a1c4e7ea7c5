using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using FlashCall.Cli.Api;

namespace FlashCall.Cli.Numbers;

/// <summary><c>flashcall numbers rest</c>, <c>retire</c>, <c>activate</c> and <c>remove</c>: what becomes of numbers,
/// with the reason.</summary>
internal sealed partial class ChangeNumbers : IApiCommand
{
    private readonly Argument<string[]> _numbers = new("numbers")
    {
        Description = NumbersCommand.NumbersForm,
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string> _reason = new("--reason") { Description = "Why; it is kept with the numbers.", Required = true };
    private readonly Option<string?> _until = new("--until") { Description = "When the rest ends: 2030-01-31T06:00:00Z." };
    private readonly Option<string?> _for = new("--for") { Description = "How long the rest lasts: 30m, 12h, 7d, or hh:mm:ss." };
    private readonly string _done;

    private ChangeNumbers(string name, string description, string done)
    {
        _done = done;
        Command = new Command(name, description) { _numbers, _reason };
    }

    public Command Command { get; }

    private bool IsRest => Command.Options.Contains(_for);

    /// <summary>They ring no phone until the rest ends; then they are on trial.</summary>
    public static ChangeNumbers Rest()
    {
        var rest = new ChangeNumbers("rest", "Lets numbers rest: they ring no phone until then, and are on trial after it.", "rest");
        rest.Command.Add(rest._until);
        rest.Command.Add(rest._for);
        return rest;
    }

    /// <summary>They ring no phone any more.</summary>
    public static ChangeNumbers Retire() =>
        new("retire", "Retires numbers: they stay in the pool and ring no phone.", "are retired");

    /// <summary>They ring phones again.</summary>
    public static ChangeNumbers Activate() =>
        new("activate", "Takes numbers back into use, resting and retired ones.", "are active");

    /// <summary>They leave the pool.</summary>
    public static ChangeNumbers Remove() => new("remove", "Removes numbers from the pool; their history stays.", "are removed");

    public async Task<int> RunAsync(ApiRun run, CancellationToken cancellationToken)
    {
        var change = new Change(run.Parsed.GetRequiredValue(_numbers), run.Parsed.GetRequiredValue(_reason), Until: null, For: null);
        if (IsRest)
            change = WithEnd(change, run.Parsed.GetValue(_until), run.Parsed.GetValue(_for));
        var document = await run.Api.PostAsync(
            $"v1/numbers/{Command.Name}", change, NumbersJson.Default.Change, NumbersJson.Default.JsonElement, cancellationToken);
        await run.PrintAsync(document, NumbersJson.Default.Changed, changed => run.Terminal.Output.WriteLine(
            changed.Count == changed.Numbers
                ? $"{Tables.Count(changed.Numbers)} numbers {_done} now."
                : $"{Tables.Count(changed.Numbers)} numbers {_done} now, {Tables.Count(changed.Numbers - changed.Count)} of them already."));
        return CommandLine.Succeeded;
    }

    private static Change WithEnd(Change change, string? until, string? lasting)
    {
        if ((until is null) == (lasting is null))
            throw new CommandException("Give --until or --for, and not both: when the rest ends, or how long it lasts.");
        if (lasting is not null)
            return change with { For = DurationOf(lasting) };
        return DateTimeOffset.TryParse(until, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var end)
            ? change with { Until = end }
            : throw new CommandException($"--until is '{until}', which is no time. Expected something like 2030-01-31T06:00:00Z.");
    }

    /// <summary>The duration as the API takes it (<c>d.hh:mm:ss</c>); what is not short is left to the API to judge.</summary>
    private static string DurationOf(string text)
    {
        if (text.Contains(':', StringComparison.Ordinal))
            return text;
        if (ShortDuration().Match(text) is not { Success: true } match)
            throw new CommandException($"--for is '{text}', which is no duration. Expected something like 30m, 12h, 7d or 36:00:00.");
        var amount = int.Parse(match.Groups["amount"].ValueSpan, CultureInfo.InvariantCulture);
        return match.Groups["unit"].Value switch
        {
            "d" => $"{amount}.00:00:00",
            "h" => $"{amount}:00:00",
            _ => TimeSpan.FromMinutes(amount).ToString(@"d\.hh\:mm\:ss", CultureInfo.InvariantCulture),
        };
    }

    [GeneratedRegex(@"^(?<amount>[0-9]{1,6})(?<unit>[dhm])\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex ShortDuration();
}
