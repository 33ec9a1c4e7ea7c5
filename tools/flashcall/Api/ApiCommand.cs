using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace FlashCall.Cli.Api;

/// <summary>One of the things to do over the API.</summary>
internal interface IApiCommand
{
    /// <summary>Its name, options and arguments.</summary>
    Command Command { get; }

    /// <summary>Does it.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="CommandException">It cannot be done.</exception>
    Task<int> RunAsync(ApiRun run, CancellationToken cancellationToken);
}

/// <summary>What a run of a command works with.</summary>
/// <param name="Api">The platform.</param>
/// <param name="Terminal">Where to read and write.</param>
/// <param name="Parsed">The command line.</param>
/// <param name="Json">Whether machines read the output.</param>
internal sealed record ApiRun(PlatformApi Api, Terminal Terminal, ParseResult Parsed, bool Json)
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    /// <summary>Adds subcommands to the one that they belong to, each with the options of all that talk to the platform.</summary>
    public static void Add(Command parent, Terminal terminal, params ReadOnlySpan<IApiCommand> subcommands)
    {
        foreach (var subcommand in subcommands)
            parent.Add(Complete(subcommand, terminal));
    }

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
        await Terminal.Output.WriteLineAsync(Encoding.UTF8.GetString(buffer.ToArray()));
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

    private static Command Complete(IApiCommand subcommand, Terminal terminal)
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
            return await subcommand.RunAsync(new ApiRun(connection, terminal, parsed, parsed.GetValue(json)), cancellationToken);
        });
        return command;
    }
}
