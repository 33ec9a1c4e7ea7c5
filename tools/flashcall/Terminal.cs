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

    /// <summary>What is piped into the command, as bytes: for files, which have an encoding of their own.</summary>
    public Func<Stream> InputBytes { get; init; } = Console.OpenStandardInput;

    /// <summary>Where a file goes that is written to the output, as bytes.</summary>
    public Func<Stream> OutputBytes { get; init; } = Console.OpenStandardOutput;

    /// <summary>Whether a person sees what goes to <see cref="Error"/> as it comes.</summary>
    public bool ErrorIsTerminal { get; init; }

    public static Terminal OfProcess() => new(Console.In, Console.Out, Console.Error, System.Environment.GetEnvironmentVariable)
    {
        ErrorIsTerminal = !Console.IsErrorRedirected,
    };

    /// <summary>Standard error with colours and progress bars, where it is a terminal.</summary>
    public IAnsiConsole RichError() => Create(Error, ErrorIsTerminal);

    /// <summary>The output with colours and tables, where it is a terminal; plain text elsewhere.</summary>
    public IAnsiConsole Rich() => Create(Output, Output == Console.Out && !Console.IsOutputRedirected);

    /// <summary>Whether nobody wants colours: https://no-color.org.</summary>
    private bool IsPlain => Environment("NO_COLOR") is { Length: > 0 };

    private IAnsiConsole Create(TextWriter writer, bool isTerminal)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal && !IsPlain ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(writer),
        });
        if (!isTerminal)
            console.Profile.Width = WidthWithoutTerminal;
        return console;
    }
}
