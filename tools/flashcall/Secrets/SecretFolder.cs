using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace FlashCall.Cli.Secrets;

/// <summary>
/// The secrets of an installation, a file each, mode 0600:
/// <list type="bullet">
/// <item><c>services/</c>: what every service reads through <c>FLASHCALL_SECRETS</c> — <c>Identity__PublicKey</c>, and <c>Postgres</c> and
/// <c>RabbitMq</c> where templates for them are given;</item>
/// <item><c>dialer/</c>: the same and what the dialer alone reads — <c>Dialer__SecretsKey</c>;</item>
/// <item><c>gateway/</c>: what the gateway alone reads — <c>Identity__SigningKey</c> and the hashes of the applications' keys;</item>
/// <item><c>demo-api-key</c>: for whoever tries the API; <c>operator-api-key</c>: for whoever operates it; <c>postgres-password</c> and <c>rabbitmq-password</c>: for those who set the servers up,
/// as <c>rabbitmq.conf</c> is.</item>
/// </list>
/// </summary>
internal sealed class SecretFolder(string path)
{
    /// <summary>Stands in a template for the generated password.</summary>
    public const string PasswordPlaceholder = "{password}";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const string KeyPrefix = "fck_";
    private const int KeyBytes = 32;
    private const int PasswordBytes = 24;

    private readonly List<string> _made = [];

    /// <summary>Makes what is missing, and brings what follows from templates or other secrets in line with them.</summary>
    /// <returns>The files that were written.</returns>
    public IReadOnlyList<string> Complete(string? postgresTemplate, string? rabbitMqTemplate)
    {
        var signingKey = Keep("gateway/Identity__SigningKey", NewSigningKey);
        DeriveForServices("Identity__PublicKey", PublicKeyOf(signingKey));
        // In the order of the applications in the settings.
        Derive("gateway/Applications__0__KeyHashes__0", HashOf(Keep("demo-api-key", NewApiKey)));
        Derive("gateway/Applications__1__KeyHashes__0", HashOf(Keep("operator-api-key", NewApiKey)));
        Keep("dialer/Dialer__SecretsKey", NewSecretsKey);
        if (postgresTemplate is not null)
            DeriveForServices("Postgres", Fill(postgresTemplate, "postgres-password"));
        if (rabbitMqTemplate is not null)
        {
            DeriveForServices("RabbitMq", Fill(rabbitMqTemplate, "rabbitmq-password"));
            if (rabbitMqTemplate.Contains(PasswordPlaceholder, StringComparison.Ordinal) && Uri.TryCreate(rabbitMqTemplate, UriKind.Absolute, out var broker))
                Derive("rabbitmq.conf", $"default_user = {broker.UserInfo.Split(':')[0]}\ndefault_pass = {Keep("rabbitmq-password", NewPassword)}\n");
        }
        return _made;
    }

    private string Fill(string template, string passwordFile) =>
        template.Contains(PasswordPlaceholder, StringComparison.Ordinal)
            ? template.Replace(PasswordPlaceholder, Keep(passwordFile, NewPassword), StringComparison.Ordinal)
            : template;

    /// <summary>The secret in the file, made if there is none. An empty file is what a full disk leaves, not a secret.</summary>
    private string Keep(string name, Func<string> make)
    {
        if (Read(name) is { Length: > 0 } kept)
            return kept;
        var made = make();
        Write(name, made);
        return made;
    }

    /// <summary>A process reads one folder.</summary>
    private void DeriveForServices(string name, string content)
    {
        Derive($"services/{name}", content);
        Derive($"dialer/{name}", content);
    }

    private void Derive(string name, string content)
    {
        if (Read(name) != content.Trim())
            Write(name, content);
    }

    private string? Read(string name)
    {
        var file = Path.Combine(path, name);
        return File.Exists(file) ? File.ReadAllText(file).Trim() : null;
    }

    /// <summary>Whole or not at all, and never readable by others, not even for a moment.</summary>
    private void Write(string name, string content)
    {
        var file = Path.Combine(path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var draft = $"{file}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        using (var writer = new StreamWriter(draft, options))
            writer.Write(content);
        File.Move(draft, file, overwrite: true);
        _made.Add(file);
    }

    private static string NewSigningKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return key.ExportPkcs8PrivateKeyPem() + "\n";
    }

    private static string PublicKeyOf(string signingKey)
    {
        using var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(signingKey);
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            throw new CommandException("gateway/Identity__SigningKey is not an EC key in PEM form. Put the right one there, or delete it to have a new one made.", exception);
        }
        return key.ExportSubjectPublicKeyInfoPem() + "\n";
    }

    private static string NewApiKey() => KeyPrefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(KeyBytes));

    private static string HashOf(string apiKey) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(apiKey)));

    private static string NewSecretsKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes));

    private static string NewPassword() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(PasswordBytes));
}
