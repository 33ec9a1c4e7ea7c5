using System.CommandLine;

namespace FlashCall.Cli.Api;

/// <summary>The options of every command that talks to the platform: where it is, and the key.</summary>
internal sealed class ApiOptions(Terminal terminal)
{
    private const string KeyVariable = "FLASHCALL_API_KEY";

    public Option<string> Address { get; } = new("--api")
    {
        Description = "The address of the gateway.",
        DefaultValueFactory = _ => "http://127.0.0.1:8080",
    };

    public Option<string?> Key { get; } = new("--key") { Description = $"The API key; by default the variable {KeyVariable}." };

    public Option<string?> KeyFile { get; } = new("--key-file") { Description = "A file with the API key." };

    /// <summary>The API that the options name.</summary>
    /// <exception cref="CommandException">An option is wrong, or there is no key.</exception>
    public PlatformApi Connect(ParseResult parsed) =>
        new(AddressOf("--api", parsed.GetRequiredValue(Address)), ReadKey(parsed.GetValue(Key), parsed.GetValue(KeyFile)));

    /// <summary>Reads the address of an option.</summary>
    /// <exception cref="CommandException">It is none.</exception>
    public static Uri AddressOf(string option, string text) =>
        Uri.TryCreate(text.EndsWith('/') ? text : text + "/", UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new CommandException($"{option} is '{text}', which is no address. Expected something like http://127.0.0.1:8080.");

    private string ReadKey(string? key, string? file)
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
