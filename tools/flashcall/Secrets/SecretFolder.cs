using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace FlashCall.Cli.Secrets;

/// <summary>
/// The secrets of an installation, a file each, mode 0600. What a service reads through <c>FLASHCALL_SECRETS</c> is in a folder:
/// <list type="bullet">
/// <item><c>services/</c>: what every service reads — <c>Identity__PublicKey</c>, and <c>Postgres</c> and <c>RabbitMq</c> where templates
/// for them are given;</item>
/// <item><c>dialer/</c>: the same, and the key that trunks' secrets are encrypted under — <c>Dialer__SecretsKey</c>;</item>
/// <item><c>verification/</c>: the same, the key that result keys are encrypted under — <c>Verification__SecretsKey</c> — and the one
/// that signs client tokens — <c>ClientTokens__Key</c>;</item>
/// <item><c>gateway/</c>: what the gateway alone reads — <c>Identity__SigningKey</c>, the key that applications' secrets are encrypted
/// under — <c>Gateway__SecretsKey</c> — and the hash of the first admin key — <c>Gateway__AdminKeyHash</c>; <c>ClientTokens__Key</c>,
/// <c>Postgres</c> and <c>RabbitMq</c> too;</item>
/// <item><c>admin-api-key</c>: for whoever administers the applications; <c>postgres-password</c> and <c>rabbitmq-password</c>: for those
/// who set the servers up, as <c>rabbitmq.conf</c> is.</item>
/// </list>
/// </summary>
internal sealed class SecretFolder(string path)
{
    /// <summary>Stands in a template for the generated password.</summary>
    public const string PasswordPlaceholder = "{password}";

    private const string KeyPrefix = "fck_";
    private const int KeyBytes = 32;
    private const int PasswordBytes = 24;

    private readonly List<string> _made = [];

    /// <summary>Makes what is missing, and brings what follows from templates or other secrets in line with them.</summary>
    /// <returns>The files that were written.</returns>
    public IReadOnlyList<string> Complete(string? postgresTemplate, string? rabbitMqTemplate)
    {
        var publicKey = PublicKeyOf(Keep("gateway/Identity__SigningKey", NewSigningKey));
        foreach (var reader in (string[])["services", "dialer", "verification"])
            Derive($"{reader}/Identity__PublicKey", publicKey);
        Derive("gateway/Gateway__AdminKeyHash", HashOf(Keep("admin-api-key", NewApiKey)));
        Keep("gateway/Gateway__SecretsKey", NewKey);
        Derive("verification/ClientTokens__Key", Keep("gateway/ClientTokens__Key", NewKey));
        Keep("verification/Verification__SecretsKey", NewKey);
        Keep("dialer/Dialer__SecretsKey", NewKey);
        if (postgresTemplate is not null)
            DeriveForServices("Postgres", Fill(postgresTemplate, "postgres-password"));
        if (rabbitMqTemplate is not null)
        {
            DeriveForServices("RabbitMq", Fill(rabbitMqTemplate, "rabbitmq-password"));
            if (rabbitMqTemplate.Contains(PasswordPlaceholder, StringComparison.Ordinal)
                && Uri.TryCreate(rabbitMqTemplate, UriKind.Absolute, out var broker))
            {
                var password = Keep("rabbitmq-password", NewPassword);
                Derive("rabbitmq.conf", $"default_user = {broker.UserInfo.Split(':')[0]}\ndefault_pass = {password}\n");
            }
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
        foreach (var reader in (string[])["services", "dialer", "verification", "gateway"])
            Derive($"{reader}/{name}", content);
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

    private void Write(string name, string content)
    {
        using var file = new SecretFile(Path.Combine(path, name));
        file.Write(content);
        _made.Add(file.Path);
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
            throw new CommandException(
                "gateway/Identity__SigningKey is not an EC key in PEM form. Put the right one there, or delete it to have a new one made.",
                exception);
        }
        return key.ExportSubjectPublicKeyInfoPem() + "\n";
    }

    private static string NewApiKey() => KeyPrefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(KeyBytes));

    private static string HashOf(string apiKey) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(apiKey)));

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes));

    private static string NewPassword() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(PasswordBytes));
}
