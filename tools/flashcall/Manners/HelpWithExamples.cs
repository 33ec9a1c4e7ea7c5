using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace FlashCall.Cli.Manners;

/// <summary>The help, with examples after it.</summary>
internal sealed class HelpWithExamples(SynchronousCommandLineAction help) : SynchronousCommandLineAction
{
    /// <summary>Of a command that holds others, as many as show what it is for.</summary>
    private const int Most = 6;

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <summary>Has all commands show theirs.</summary>
    public static void AddTo(RootCommand root)
    {
        foreach (var option in root.Options.OfType<HelpOption>())
        {
            if (option.Action is SynchronousCommandLineAction help)
                option.Action = new HelpWithExamples(help);
        }
    }

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var code = help.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        var examples = Examples.Of(CommandLine.PathOf(parseResult.CommandResult.Command).TrimStart()).Take(Most).ToList();
        if (examples.Count == 0)
            return code;
        output.WriteLine("Examples:");
        foreach (var example in examples)
        {
            output.WriteLine($"  flashcall {example.Text}");
            output.WriteLine($"      {example.Meaning}");
        }
        output.WriteLine();
        return code;
    }
}
