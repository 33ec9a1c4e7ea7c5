using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using RabbitMQ.Client.Exceptions;

namespace FlashCall.Cli.DeadLetters;

/// <summary>What the commands have in common: they go through the dead letters that are meant, and print for people or programs.</summary>
internal sealed class DeadLetterRun
{
    /// <summary>Masks and plus signs as they are: no page of HTML takes this in.</summary>
    private static readonly JsonSerializerOptions Indented =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Terminal _terminal;
    private readonly BrokerOptions _broker;
    private readonly Selection? _selection;
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON." };

    /// <param name="command">The command.</param>
    /// <param name="terminal">Where it prints.</param>
    /// <param name="mustChoose">Whether all are meant only when that is said; null for a command that is told which one.</param>
    public DeadLetterRun(Command command, Terminal terminal, bool? mustChoose)
    {
        _terminal = terminal;
        _broker = new BrokerOptions(terminal);
        _selection = mustChoose is { } choose ? new Selection(command, choose) : null;
        command.Add(_json);
        _broker.AddTo(command);
    }

    public bool IsJson(ParseResult parsed) => parsed.GetValue(_json);

    /// <summary>Does something with each dead letter that is meant.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="act">What to do; the dead letter goes back to its queue unless it is removed.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CommandException">The broker cannot be reached, or went away.</exception>
    public async Task ForEachAsync(ParseResult parsed, Func<DeadLetterQueue, DeadLetter, Task> act, CancellationToken cancellationToken)
    {
        try
        {
            await using var broker = await _broker.ConnectAsync(parsed, cancellationToken);
            await foreach (var queue in broker.OpenAsync(_selection?.HomeOf(parsed), cancellationToken))
            {
                await foreach (var letter in queue.ReadAsync(cancellationToken))
                {
                    if (_selection?.Takes(parsed, letter) != false)
                        await act(queue, letter);
                }
            }
        }
        catch (Exception exception) when (exception is RabbitMQClientException or IOException)
        {
            throw new CommandException(
                $"The broker broke off: {exception.Message} What was not removed is where it was; run the command again.", exception);
        }
    }

    /// <summary>Prints a document, indented.</summary>
    public Task PrintAsync(JsonNode document) => _terminal.Output.WriteLineAsync(document.ToJsonString(Indented));
}
