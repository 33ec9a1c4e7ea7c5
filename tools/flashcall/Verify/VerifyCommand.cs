using System.CommandLine;

namespace FlashCall.Cli.Verify;

/// <summary><c>flashcall verify</c>: verifies a number as a client app would, and shows how it went.</summary>
internal static class VerifyCommand
{
    private const string KeyVariable = "FLASHCALL_API_KEY";

    public static Command Create(Terminal terminal)
    {
        var to = new Option<string>("--to") { Description = "The number to verify, in E.164: +46701740605.", Required = true };
        var api = new Option<string>("--api") { Description = "The address of the gateway.", DefaultValueFactory = _ => "http://127.0.0.1:8080" };
        var key = new Option<string?>("--key") { Description = $"The API key; by default the variable {KeyVariable}." };
        var keyFile = new Option<string?>("--key-file") { Description = "A file with the API key." };
        var purpose = new Option<string>("--purpose") { Description = "What the verification is for.", DefaultValueFactory = _ => "login" };
        var handset = new Option<string?>("--handset") { Description = "The address of the handset, whose call log is read as an app would; without it, you type the digits." };
        var json = new Option<bool>("--json") { Description = "Print the session as JSON." };
        var command = new Command("verify", "Verifies a number by a flash call and prints the timeline. Exit code 0: verified; 1: not verified; 2: not possible.")
        {
            to, api, key, keyFile, purpose, handset, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var platform = new PlatformApi(Address("--api", parsed.GetRequiredValue(api)), Key(parsed.GetValue(key), parsed.GetValue(keyFile), terminal));
            using var log = parsed.GetValue(handset) is { } address ? new HandsetCallLog(Address("--handset", address)) : null;
            var phone = log is null ? new TypingPerson(terminal) : (IPhone)new InterceptingApp(log, parsed.GetRequiredValue(to));
            var conversation = new Conversation(platform, phone);
            var outcome = await conversation.HoldAsync(parsed.GetRequiredValue(to), parsed.GetRequiredValue(purpose), cancellationToken);
            if (parsed.GetValue(json))
                await terminal.Output.WriteLineAsync(outcome.ToJson());
            else
                Report.Write(terminal.Rich(), outcome);
            return outcome.IsVerified ? CommandLine.Succeeded : CommandLine.NotVerified;
        });
        return command;
    }

    private static Uri Address(string option, string text) =>
        Uri.TryCreate(text.EndsWith('/') ? text : text + "/", UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new CommandException($"{option} is '{text}', which is no address. Expected something like http://127.0.0.1:8080.");

    private static string Key(string? key, string? file, Terminal terminal)
    {
        if (key is not null && file is not null)
            throw new CommandException("--key and --key-file are both given. Give one of them.");
        if (file is not null)
        {
            try
            {
                key = File.ReadAllText(file);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new CommandException($"The key file cannot be read: {exception.Message}", exception);
            }
        }
        key = (key ?? terminal.Environment(KeyVariable))?.Trim();
        if (string.IsNullOrEmpty(key))
            throw new CommandException($"No API key. Give one by --key-file, --key or the variable {KeyVariable}.");
        return key.All(sign => sign is > ' ' and <= '~')
            ? key
            : throw new CommandException("The API key has characters that no key has. Expected one line such as fck_….");
    }
}
