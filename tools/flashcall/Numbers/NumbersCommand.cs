using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FlashCall.Cli.Api;

namespace FlashCall.Cli.Numbers;

/// <summary><c>flashcall numbers</c>: looks after the numbers that calls come from.</summary>
internal static class NumbersCommand
{
    /// <summary>What numbers are named by.</summary>
    public const string NumbersForm = "A number (+442079460123), a block (+4420794600xx) or a span (+442079460000-+442079460099).";

    public static Command Create(Terminal terminal)
    {
        var command = new Command("numbers", "Looks after the numbers that calls come from: docs/numbers.md.");
        foreach (var subcommand in (INumbersCommand[])
        [
            new ListNumbers(), new ShowNumber(), new AddNumbers(), new ImportNumbers(), ChangeNumbers.Rest(), ChangeNumbers.Retire(),
            ChangeNumbers.Activate(), ChangeNumbers.Remove(), new ShowStatistics(), new ShowStrength(),
        ])
        {
            command.Add(Complete(subcommand, terminal));
        }
        return command;
    }

    private static Command Complete(INumbersCommand subcommand, Terminal terminal)
    {
        var api = new ApiOptions(terminal);
        var json = new Option<bool>("--json") { Description = "Print what the API says, as JSON." };
        var command = subcommand.Command;
        command.Add(api.Address);
        command.Add(api.Key);
        command.Add(api.KeyFile);
        command.Add(json);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var connection = api.Connect(parsed);
            return await subcommand.RunAsync(new NumbersRun(connection, terminal, parsed, parsed.GetValue(json)), cancellationToken);
        });
        return command;
    }
}

/// <summary>One of the things to do with numbers.</summary>
internal interface INumbersCommand
{
    /// <summary>Its name, options and arguments.</summary>
    Command Command { get; }

    /// <summary>Does it.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="CommandException">It cannot be done.</exception>
    Task<int> RunAsync(NumbersRun run, CancellationToken cancellationToken);
}

/// <summary>What a run of a command works with.</summary>
/// <param name="Api">The platform.</param>
/// <param name="Terminal">Where to read and write.</param>
/// <param name="Parsed">The command line.</param>
/// <param name="Json">Whether machines read the output.</param>
internal sealed record NumbersRun(PlatformApi Api, Terminal Terminal, ParseResult Parsed, bool Json)
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    /// <summary>Prints an answer: as the API wrote it for machines, as <paramref name="forPeople"/> does otherwise.</summary>
    public async Task PrintAsync<T>(JsonElement document, JsonTypeInfo<T> type, Action<T> forPeople)
    {
        if (Json)
        {
            await PrintAsync(document);
            return;
        }
        forPeople(Read(document, type));
    }

    /// <summary>Prints a document, indented.</summary>
    public async Task PrintAsync(JsonElement document)
    {
        using var buffer = new MemoryStream();
        await using (var writer = new Utf8JsonWriter(buffer, Indented))
            document.WriteTo(writer);
        await Terminal.Output.WriteLineAsync(System.Text.Encoding.UTF8.GetString(buffer.ToArray()));
    }

    /// <summary>Reads what the API wrote.</summary>
    /// <exception cref="CommandException">It is not understood.</exception>
    public static T Read<T>(JsonElement document, JsonTypeInfo<T> type)
    {
        try
        {
            return document.Deserialize(type) ?? throw new JsonException("null");
        }
        catch (JsonException exception)
        {
            throw new CommandException($"The API answered with something that is not understood: {exception.Message}", exception);
        }
    }
}
