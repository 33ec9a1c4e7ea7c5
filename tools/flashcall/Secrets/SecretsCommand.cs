using System.CommandLine;

namespace FlashCall.Cli.Secrets;

/// <summary><c>flashcall secrets</c>: makes the secrets of an installation, those that are missing.</summary>
internal static class SecretsCommand
{
    public static Command Create(Terminal terminal)
    {
        var folder = new Option<string>("--out") { Description = "The folder that the secrets are in.", Required = true };
        var postgres = new Option<string?>("--postgres")
        {
            Description = "The services' connection string; {password} stands for the generated password.",
        };
        var rabbitMq = new Option<string?>("--rabbitmq")
        {
            Description = "The services' broker address; {password} stands for the generated password.",
        };
        var command = new Command("secrets",
            "Makes the secrets of an installation that are missing: keys, the first admin key, passwords. Existing ones stay.")
        {
            folder, postgres, rabbitMq,
        };
        command.SetAction(async (parsed, _) =>
        {
            var path = Path.GetFullPath(parsed.GetRequiredValue(folder));
            try
            {
                foreach (var made in new SecretFolder(path).Complete(parsed.GetValue(postgres), parsed.GetValue(rabbitMq)))
                    await terminal.Error.WriteLineAsync($"made {Path.GetRelativePath(path, made)}");
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new CommandException($"The secrets cannot be written to {path}: {exception.Message}", exception);
            }
            return CommandLine.Succeeded;
        });
        return command;
    }
}
