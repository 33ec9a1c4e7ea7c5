using System.CommandLine;
using FlashCall.Cli.Applications;
using FlashCall.Cli.DeadLetters;
using FlashCall.Cli.Numbers;
using FlashCall.Cli.Replay;
using FlashCall.Cli.Secrets;
using FlashCall.Cli.Verify;

namespace FlashCall.Cli;

/// <summary>The <c>flashcall</c> command: its subcommands, and how what goes wrong reaches the person.</summary>
internal static class CommandLine
{
    /// <summary>Done as asked.</summary>
    public const int Succeeded = 0;

    /// <summary>Done, and the outcome is no: the number was not verified.</summary>
    public const int NotVerified = 1;

    /// <summary>Done in part: some lines were refused.</summary>
    public const int SomeRefused = 1;

    /// <summary>Not done: the person was asked and did not agree, or there was nothing to do it to.</summary>
    public const int Declined = 1;

    /// <summary>Not done: wrong usage, or something did not answer. One line on standard error says what to do.</summary>
    public const int Impossible = 2;

    /// <summary>Interrupted (128 + SIGINT, as shells count).</summary>
    public const int Interrupted = 130;

    /// <summary>Runs one command.</summary>
    /// <returns>The exit code of the process.</returns>
    public static async Task<int> RunAsync(string[] args, Terminal terminal, CancellationToken cancellationToken = default)
    {
        var root = new RootCommand("FlashCall Platform: verifies phone numbers by flash calls.")
        {
            VerifyCommand.Create(terminal),
            NumbersCommand.Create(terminal),
            ApplicationsCommand.Create(terminal),
            SecretsCommand.Create(terminal),
            DeadLettersCommand.Create(terminal),
            ReplayCommand.Create(terminal),
        };
        var parsed = root.Parse(args);
        if (parsed.Errors is [var mistake, ..])
        {
            var command = PathOf(parsed.CommandResult.Command);
            await terminal.Error.WriteLineAsync($"flashcall: {mistake.Message} See 'flashcall{command} --help'.");
            return Impossible;
        }
        try
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration { Output = terminal.Output, Error = terminal.Error, EnableDefaultExceptionHandler = false },
                cancellationToken);
        }
        // The edge of the process: what a person can do something about is told in one line.
        catch (CommandException exception)
        {
            await terminal.Error.WriteLineAsync($"flashcall: {exception.Message}");
            return Impossible;
        }
        catch (OperationCanceledException)
        {
            return Interrupted;
        }
    }

    /// <summary>What is typed after <c>flashcall</c> to reach a command.</summary>
    private static string PathOf(Command command) => command is RootCommand
        ? ""
        : command.Parents.OfType<Command>().Select(PathOf).FirstOrDefault() + $" {command.Name}";
}

/// <summary>A command cannot do its work; the message is one line that says what to do.</summary>
internal sealed class CommandException(string message, Exception? inner = null) : Exception(message, inner);
