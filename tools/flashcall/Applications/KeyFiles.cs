using System.CommandLine;
using FlashCall.Cli.Secrets;

namespace FlashCall.Cli.Applications;

/// <summary>The files that a new key goes into, instead of the terminal. They are begun before the key is made: it is shown once, and must
/// not be lost for a folder that cannot be written.</summary>
internal sealed class KeyFiles : IDisposable
{
    private readonly SecretFile? _apiKey;
    private readonly SecretFile? _signingKey;

    private KeyFiles(SecretFile? apiKey, SecretFile? signingKey)
    {
        _apiKey = apiKey;
        _signingKey = signingKey;
    }

    /// <summary>Whether the API key goes into a file.</summary>
    public bool TakeApiKey => _apiKey is not null;

    /// <summary>Whether the signing key goes into a file.</summary>
    public bool TakeSigningKey => _signingKey is not null;

    /// <summary>The files, from the root.</summary>
    public IEnumerable<string> Paths => ((SecretFile?[])[_apiKey, _signingKey]).OfType<SecretFile>().Select(file => file.Path);

    /// <summary>Writes the parts of the key for which there are files.</summary>
    /// <exception cref="CommandException">They cannot be written.</exception>
    public void Write(ShownKey key)
    {
        try
        {
            _apiKey?.Write(key.ApiKey);
            _signingKey?.Write(SigningKeyOf(key));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(
                $"The key {key.Id} was made and could not be saved: {exception.Message} Revoke it, and add another one.", exception);
        }
    }

    public void Dispose()
    {
        _apiKey?.Dispose();
        _signingKey?.Dispose();
    }

    /// <summary>The id and the secret in one, as signed requests and Basic authentication (<c>curl -u</c>) take them.</summary>
    private static string SigningKeyOf(ShownKey key) => $"{key.Id}:{key.SigningSecret}";

    /// <summary>The options that name the files.</summary>
    internal sealed class Options
    {
        public Option<string?> ApiKey { get; } = new("--save-api-key")
        {
            Description = "The file that the new API key goes into, readable by you alone, instead of being printed.",
        };

        public Option<string?> SigningKey { get; } = new("--save-signing-key")
        {
            Description = "The file that '<key id>:<signing secret>' goes into, readable by you alone, instead of being printed.",
        };

        /// <summary>Begins the files that are named.</summary>
        /// <exception cref="CommandException">One cannot be written.</exception>
        public KeyFiles Begin(ParseResult parsed)
        {
            var apiKey = Begin(parsed, ApiKey);
            try
            {
                return new KeyFiles(apiKey, Begin(parsed, SigningKey));
            }
            catch
            {
                apiKey?.Dispose();
                throw;
            }
        }

        private static SecretFile? Begin(ParseResult parsed, Option<string?> option)
        {
            if (parsed.GetValue(option) is not { } path)
                return null;
            try
            {
                return new SecretFile(path);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
            {
                throw new CommandException($"The file of {option.Name} cannot be written: {exception.Message}", exception);
            }
        }
    }
}
