using System.CommandLine;
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
        ApiRun.Add(command, terminal,
            new ListNumbers(), new ShowNumber(), new AddNumbers(), new ImportNumbers(), ChangeNumbers.Rest(), ChangeNumbers.Retire(),
            ChangeNumbers.Activate(), ChangeNumbers.Remove(), new ShowStatistics(), new ShowStrength());
        return command;
    }
}
