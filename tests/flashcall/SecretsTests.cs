using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using Xunit;

namespace FlashCall.Cli.Tests;

[SupportedOSPlatform("linux")]
public sealed class SecretsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("flashcall-secrets-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Makes_keys_that_belong_together()
    {
        Assert.Equal(0, (await MakeAsync()).ExitCode);

        using var signing = ECDsa.Create();
        signing.ImportFromPem(Read("gateway/Identity__SigningKey"));
        using var verifying = ECDsa.Create();
        verifying.ImportFromPem(Read("services/Identity__PublicKey"));
        Assert.StartsWith("-----BEGIN PRIVATE KEY-----", Read("gateway/Identity__SigningKey"), StringComparison.Ordinal);
        Assert.StartsWith("-----BEGIN PUBLIC KEY-----", Read("services/Identity__PublicKey"), StringComparison.Ordinal);
        Assert.Equal("1.2.840.10045.3.1.7", verifying.ExportParameters(includePrivateParameters: false).Curve.Oid.Value);
        var data = "a token"u8.ToArray();
        Assert.True(verifying.VerifyData(data, signing.SignData(data, HashAlgorithmName.SHA256), HashAlgorithmName.SHA256));
        Assert.ThrowsAny<CryptographicException>(() => verifying.SignData(data, HashAlgorithmName.SHA256));

        var adminKey = Read("admin-api-key");
        Assert.Matches("^fck_[A-Za-z0-9_-]{43}$", adminKey);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(adminKey))), Read("gateway/Gateway__AdminKeyHash"));
    }

    [Fact]
    public async Task Gives_each_service_what_it_needs_and_nothing_else()
    {
        await MakeAsync("--postgres", "Host=h;Password={password}", "--rabbitmq", "amqp://flashcall:{password}@h:5672/");

        string[] shared = ["Postgres", "RabbitMq"];
        AssertHolds("services", ["Identity__PublicKey", .. shared]);
        AssertHolds("dialer", ["Dialer__SecretsKey", "Identity__PublicKey", .. shared]);
        AssertHolds("verification", ["ClientTokens__Key", "Identity__PublicKey", .. shared, "Verification__SecretsKey"]);
        AssertHolds("gateway", ["ClientTokens__Key", "Gateway__AdminKeyHash", "Gateway__SecretsKey", "Identity__SigningKey", .. shared]);
        Assert.All(
            All().GroupBy(secret => Path.GetFileName(secret.Key), StringComparer.Ordinal),
            same => Assert.Single(same.Select(secret => secret.Value).Distinct()));
        string[] keys =
        [
            "dialer/Dialer__SecretsKey", "gateway/ClientTokens__Key", "gateway/Gateway__SecretsKey",
            "verification/Verification__SecretsKey",
        ];
        Assert.All(keys, key => Assert.Equal(32, Convert.FromBase64String(Read(key)).Length));
        Assert.Equal(keys.Length, keys.Select(Read).Distinct().Count());
    }

    [Fact]
    public async Task Lets_nobody_else_read_them()
    {
        await MakeAsync("--postgres", "Host=h;Password={password}", "--rabbitmq", "amqp://flashcall:{password}@h:5672/");

        var files = Directory.GetFiles(_folder, "*", SearchOption.AllDirectories);
        Assert.Equal(22, files.Length);
        Assert.All(files, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    [Fact]
    public async Task Keeps_what_is_there_and_makes_what_is_missing()
    {
        await MakeAsync();
        var before = All();

        var again = await MakeAsync();
        Assert.Equal("", again.Error);
        Assert.Equal(before, All());

        File.Delete(Path.Combine(_folder, "services/Identity__PublicKey"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "admin-api-key"), "");
        var repaired = await MakeAsync();

        Assert.Equal("made services/Identity__PublicKey\nmade admin-api-key\nmade gateway/Gateway__AdminKeyHash\n", repaired.Error);
        Assert.Equal(before["services/Identity__PublicKey"], All()["services/Identity__PublicKey"]);
        Assert.NotEqual(before["admin-api-key"], All()["admin-api-key"]);
    }

    [Fact]
    public async Task Fills_the_same_password_into_a_template_that_changed()
    {
        await MakeAsync("--postgres", "Host=a;Password={password}", "--rabbitmq", "amqp://flashcall:{password}@a:5672/");
        var password = Read("postgres-password");

        await MakeAsync("--postgres", "Host=b;Password={password}", "--rabbitmq", "amqp://given:known@b:5672/");

        Assert.Matches("^[0-9a-f]{48}$", password);
        Assert.Equal($"Host=b;Password={password}", Read("services/Postgres"));
        Assert.Equal("amqp://given:known@b:5672/", Read("services/RabbitMq"));
        Assert.Equal($"default_user = flashcall\ndefault_pass = {Read("rabbitmq-password")}", Read("rabbitmq.conf"));
        Assert.NotEqual(password, Read("rabbitmq-password"));
    }

    [Fact]
    public async Task Refuses_a_signing_key_that_is_none()
    {
        await MakeAsync();
        await File.WriteAllTextAsync(Path.Combine(_folder, "gateway/Identity__SigningKey"), "no key");

        var cli = await MakeAsync();

        Assert.Equal(2, cli.ExitCode);
        Assert.Contains("gateway/Identity__SigningKey is not an EC key in PEM form", cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_why_a_folder_cannot_be_written()
    {
        var file = Path.Combine(_folder, "a-file");
        await File.WriteAllTextAsync(file, "");

        var cli = await Cli.RunAsync(["secrets", "--out", file]);

        Assert.Equal(2, cli.ExitCode);
        Assert.StartsWith("flashcall: The secrets cannot be written to", cli.Error, StringComparison.Ordinal);
    }

    private void AssertHolds(string reader, string[] names) => Assert.Equal(
        names, Directory.GetFiles(Path.Combine(_folder, reader)).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));

    private Task<Cli> MakeAsync(params string[] more) => Cli.RunAsync(["secrets", "--out", _folder, .. more]);

    private string Read(string name) => File.ReadAllText(Path.Combine(_folder, name)).Trim();

    private Dictionary<string, string> All() =>
        Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).ToDictionary(file => Path.GetRelativePath(_folder, file), File.ReadAllText, StringComparer.Ordinal);
}
