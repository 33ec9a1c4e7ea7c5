namespace FlashCall.Cli.Tests;

/// <summary>One run of the command, in this process.</summary>
internal sealed record Cli(int ExitCode, string Output, string Error)
{
    public string LastErrorLine => Error.TrimEnd().Split('\n')[^1];

    public string LastLine => Output.TrimEnd('\n').Split('\n')[^1].TrimEnd();

    public static async Task<Cli> RunAsync(string[] args, string typed = "", IReadOnlyDictionary<string, string>? environment = null,
        bool errorIsTerminal = false, CancellationToken interrupt = default)
    {
        using var input = new StringReader(typed);
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        // A command that hangs fails its test instead of stopping the run.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(interrupt);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        var terminal = new Terminal(input, output, error, name => environment?.GetValueOrDefault(name))
        {
            InputBytes = () => new MemoryStream(System.Text.Encoding.UTF8.GetBytes(typed)),
            ErrorIsTerminal = errorIsTerminal,
        };
        var code = await CommandLine.RunAsync(args, terminal, patience.Token);
        return new Cli(code, output.ToString(), error.ToString());
    }
}
