using System.Security.Cryptography;
using FlashCall.Gateway.Applications;
using FlashCall.Gateway.Webhooks;
using FlashCall.Hosting;

namespace FlashCall.Gateway;

/// <summary>The gateway's settings, read once at start.</summary>
/// <param name="Verification">Base addresses of the verification service's replicas (<c>Gateway:Verification</c>), at least one.</param>
/// <param name="Dialer">Base addresses of the dialer's replicas (<c>Gateway:Dialer</c>), at least one.</param>
/// <param name="NumberPool">Base addresses of the number pool's replicas (<c>Gateway:NumberPool</c>), at least one.</param>
/// <param name="Fraud">Base addresses of the fraud service's replicas (<c>Gateway:Fraud</c>), at least one.</param>
/// <param name="AnswerTimeout">
/// How long a service may stay silent before the client gets a 504 (<c>Gateway:AnswerTimeout</c>), 1 s to 10 min. The default of 75 s
/// leaves room for a request that waits a minute for a session to move on.
/// </param>
/// <param name="AdminKeyHash">SHA-256 of the API key that may make the first applications (<c>Gateway:AdminKeyHash</c>, in hexadecimal);
/// null for none.</param>
/// <param name="SecretsKey">What encrypts secrets in the database (<c>Gateway:SecretsKey</c>), 32 bytes.</param>
/// <param name="ClientTokens">Reads client tokens (<c>ClientTokens:Key</c>).</param>
/// <param name="Webhooks">How applications are told what happened (<c>Webhooks</c>).</param>
/// <param name="IdentityKey">The key that signs what the services trust (<c>Identity:SigningKey</c>).</param>
internal sealed record GatewaySettings(
    IReadOnlyList<Uri> Verification,
    IReadOnlyList<Uri> Dialer,
    IReadOnlyList<Uri> NumberPool,
    IReadOnlyList<Uri> Fraud,
    TimeSpan AnswerTimeout,
    byte[]? AdminKeyHash,
    byte[] SecretsKey,
    ClientTokens ClientTokens,
    WebhookSettings Webhooks,
    InternalIdentity.Minter IdentityKey)
{
    /// <summary>The setting <see cref="SecretsKey"/>.</summary>
    public const string SecretsKeyPath = "Gateway:SecretsKey";

    /// <summary>How long a service may stay silent before an import's client gets a 504: it takes the numbers in once it has all of
    /// them.</summary>
    public static readonly TimeSpan ImportAnswerTimeout = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan DefaultAnswerTimeout = TimeSpan.FromSeconds(75);
    private static readonly TimeSpan ShortestAnswerTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestAnswerTimeout = TimeSpan.FromMinutes(10);

    /// <summary>Reads and checks all of them.</summary>
    /// <exception cref="SettingsException">Some are missing or wrong; the message names every one and says what would be right.</exception>
    public static GatewaySettings Read(IConfiguration configuration)
    {
        var mistakes = new SettingsMistakes();
        var gateway = configuration.GetSection("Gateway");
        mistakes.RefuseUnknown(
            gateway, nameof(Verification), nameof(Dialer), nameof(NumberPool), nameof(Fraud), nameof(AnswerTimeout),
            nameof(AdminKeyHash), nameof(SecretsKey));
        var verification = Addresses(gateway.GetSection(nameof(Verification)), "verification", mistakes);
        var dialer = Addresses(gateway.GetSection(nameof(Dialer)), "dialer", mistakes);
        var numberPool = Addresses(gateway.GetSection(nameof(NumberPool)), "number-pool", mistakes);
        var fraud = Addresses(gateway.GetSection(nameof(Fraud)), "fraud", mistakes);
        var answerTimeout = mistakes.ReadDuration(
            gateway.GetSection(nameof(AnswerTimeout)), DefaultAnswerTimeout, ShortestAnswerTimeout, LongestAnswerTimeout);
        var adminKeyHash = Hash(gateway.GetSection(nameof(AdminKeyHash)), mistakes);
        var secretsKey = mistakes.ReadKey(configuration.GetSection(SecretsKeyPath), isRequired: true);
        var clientTokens = Hosting.ClientTokens.Read(configuration, mistakes);
        var webhooks = WebhookSettings.Read(configuration, mistakes);
        InternalIdentity.Minter? identityKey = null;
        try
        {
            identityKey = new InternalIdentity.Minter(configuration, TimeProvider.System);
        }
        catch (SettingsException exception)
        {
            mistakes.Add(exception);
        }
        mistakes.ThrowIfAny();
        return new GatewaySettings(
            verification, dialer, numberPool, fraud, answerTimeout, adminKeyHash, secretsKey!, clientTokens!, webhooks, identityKey!);
    }

    private static List<Uri> Addresses(IConfigurationSection section, string host, SettingsMistakes mistakes)
    {
        var example = $"such as http://{host}:8080.";
        var addresses = new List<Uri>();
        foreach (var entry in section.GetChildren())
        {
            if (!Uri.TryCreate(entry.Value, UriKind.Absolute, out var address) || !IsBase(address))
                mistakes.Add(entry.Path, $"is not a base address. Give scheme, host and port only, {example}");
            else if (addresses.Contains(address))
                mistakes.Add(entry.Path, "names a replica that is listed already. Give each address once.");
            else
                addresses.Add(address);
        }
        if (!section.GetChildren().Any())
            mistakes.Add(section.Path + ":0", $"is missing. Give the base address of each replica, {example}");
        return addresses;
    }

    private static byte[]? Hash(IConfigurationSection setting, SettingsMistakes mistakes)
    {
        // Secret files often end with a line break.
        if (setting.Value?.Trim() is not { Length: > 0 } text)
            return null;
        if (text.StartsWith(ApplicationDirectory.KeyPrefix, StringComparison.Ordinal))
        {
            mistakes.Add(setting.Path, "is the API key itself. Give its SHA-256 in hexadecimal, which gives no key away.");
        }
        else if (text.Length == 2 * SHA256.HashSizeInBytes && text.All(char.IsAsciiHexDigit))
        {
            return Convert.FromHexString(text);
        }
        else
        {
            mistakes.Add(
                setting.Path, $"is not a SHA-256 in hexadecimal: {SHA256.HashSizeInBytes * 2} of the characters 0-9 and a-f.");
        }
        return null;
    }

    private static bool IsBase(Uri address) =>
        address.Scheme is "http" or "https" && address.PathAndQuery == "/" && address.Fragment.Length == 0 && address.UserInfo.Length == 0;
}
