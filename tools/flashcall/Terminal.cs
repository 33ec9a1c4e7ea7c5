using Spectre.Console;

namespace FlashCall.Cli;

/// <summary>Where a command reads and writes: the process's streams, or a test's.</summary>
/// <param name="Input">What the person types.</param>
/// <param name="Output">What the command was asked for.</param>
/// <param name="Error">Progress, questions and errors: not part of what was asked for.</param>
/// <param name="Environment">The variables of the environment.</param>
internal sealed record Terminal(TextReader Input, TextWriter Output, TextWriter Error, Func<string, string?> Environment)
{
    /// <summary>Wide enough for every line we print; a file or pipe has no width of its own.</summary>
    private const int WidthWithoutTerminal = 160;

    public static Terminal OfProcess() => new(Console.In, Console.Out, Console.Error, System.Environment.GetEnvironmentVariable);

    /// <summary>The output with colours and tables, where it is a terminal; plain text elsewhere.</summary>
    public IAnsiConsole Rich()
    {
        var isTerminal = Output == Console.Out && !Console.IsOutputRedirected;
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(Output),
        });
        if (!isTerminal)
            console.Profile.Width = WidthWithoutTerminal;
        return console;
    }
}
