using System.CommandLine;
using FlashCall.Cli.Api;

namespace FlashCall.Cli.Numbers;

/// <summary><c>flashcall numbers add</c>: adds numbers, all or none.</summary>
internal sealed class AddNumbers : IApiCommand
{
    private readonly Argument<string[]> _numbers = new("numbers")
    {
        Description = NumbersCommand.NumbersForm,
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string> _trunk = new("--trunk") { Description = "The trunk whose carrier may present them.", Required = true };
    private readonly Option<string?> _country = new("--country") { Description = "Their country; found from the numbers if left out." };
    private readonly Option<string[]> _tags = new("--tag") { Description = "What you call them; may be given several times." };

    public AddNumbers() =>
        Command = new Command("add", "Adds numbers, all of them or none. Exit code 0: added; 2: not.")
        {
            _numbers, _trunk, _country, _tags,
        };

    public Command Command { get; }

    public async Task<int> RunAsync(ApiRun run, CancellationToken cancellationToken)
    {
        var tags = run.Parsed.GetValue(_tags);
        var numbers = new NewNumbers(run.Parsed.GetRequiredValue(_numbers), run.Parsed.GetRequiredValue(_trunk),
            run.Parsed.GetValue(_country), tags is { Length: > 0 } ? tags : null);
        var document = await run.Api.PostAsync(
            "v1/numbers", numbers, NumbersJson.Default.NewNumbers, NumbersJson.Default.JsonElement, cancellationToken);
        await run.PrintAsync(document, NumbersJson.Default.Added,
            added => run.Terminal.Output.WriteLine($"{Tables.Count(added.Numbers)} numbers added."));
        return CommandLine.Succeeded;
    }
}
