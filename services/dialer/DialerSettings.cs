using System.Net;
using FlashCall.Dialer.Trunks;
using FlashCall.Hosting;

namespace FlashCall.Dialer;

/// <summary>The dialer's settings, read once at start.</summary>
internal sealed record DialerSettings
{
    /// <summary><c>Dialer:SipListen</c>: the address and port that SIP is spoken from, over UDP and TCP. Port 0 takes any free
    /// one.</summary>
    public IPEndPoint SipListen { get; init; } = new(IPAddress.Any, 5070);

    /// <summary><c>Dialer:SipAdvertised</c>: the IP address that trunks are told to answer to (Via, Contact) where it is not the one
    /// listened on, such as behind a NAT. Null takes the address listened on or, listening on all, the one that the route to the trunk
    /// leaves by.</summary>
    public IPAddress? SipAdvertised { get; init; }

    /// <summary>Where trunks may connect to us over TLS; null where they may not.</summary>
    public SipTlsSettings? SipTls { get; init; }

    /// <summary><c>Dialer:NameServers</c>: the name servers that trunks' names are looked up with, commas between, such as
    /// <c>192.0.2.53,192.0.2.54:5353</c>. Empty for those of the system.</summary>
    public IReadOnlyList<IPEndPoint> NameServers { get; init; } = [];

    /// <summary><c>Dialer:SipT1</c>: the round-trip estimate that all SIP timers follow from (RFC 3261 §17.1.1.1), 0.02 to 2 seconds,
    /// 0.5 by default. Less is right only where every trunk is near.</summary>
    public TimeSpan SipT1 { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary><c>Dialer:AliveFor</c>: how long after its last sign of life a replica counts as dead and its calls as interrupted,
    /// 1 to 60 seconds, 5 by default. A sign of life is given every fifth of it.</summary>
    public TimeSpan AliveFor { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary><c>Dialer:KeepAttemptsFor</c>: how long attempts stay in the database, 1 to 3650 days, 30 by default. A command that is
    /// delivered again after that would be placed again, if its own time had not long passed.</summary>
    public TimeSpan KeepAttemptsFor { get; init; } = TimeSpan.FromDays(30);

    /// <summary><c>Dialer:CongestionWait</c>: how long a call waits for a trunk to have room before it goes to one of a lower priority,
    /// and at last is reported congested; 0 to 5 seconds, 0.5 by default.</summary>
    public TimeSpan CongestionWait { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary><c>Dialer:SecretsKey</c>: the key that trunks' passwords and private keys are encrypted under in the database, 32 bytes
    /// in base64, the same for all replicas. Needed only where a trunk has a secret.</summary>
    public byte[]? SecretsKey { get; init; }

    /// <summary><c>Trunks</c>: the trunks to begin with; the database has those that calls go over.</summary>
    public IReadOnlyList<TrunkDocument> Trunks { get; init; } = [];

    /// <summary>The path of <see cref="SecretsKey"/> in configuration.</summary>
    public const string SecretsKeyPath = "Dialer:" + nameof(SecretsKey);

    /// <summary>What the key has to be, for the text of an error.</summary>
    public const string SecretsKeyForm = "Give 32 random bytes in base64, as 'openssl rand -base64 32' makes, the same to all replicas.";

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="SettingsException">Some are wrong; the message names every one and says what would be right.</exception>
    public static DialerSettings Read(IConfiguration configuration)
    {
        var mistakes = new SettingsMistakes();
        var dialer = configuration.GetSection("Dialer");
        mistakes.RefuseUnknown(
            dialer, nameof(SipListen), nameof(SipAdvertised), nameof(SipT1), nameof(AliveFor), nameof(KeepAttemptsFor),
            nameof(CongestionWait), nameof(SecretsKey), nameof(SipTls), nameof(NameServers));
        var defaults = new DialerSettings();
        var listen = ListenSetting.Read(dialer.GetSection(nameof(SipListen)), defaults.SipListen, mistakes);
        var settings = new DialerSettings
        {
            SipListen = listen ?? defaults.SipListen,
            SipAdvertised = ReadAdvertised(dialer.GetSection(nameof(SipAdvertised)), listen, mistakes),
            SipTls = SipTlsSettings.Read(dialer.GetSection(nameof(SipTls)), mistakes),
            NameServers = ListenSetting.ReadNameServers(dialer.GetSection(nameof(NameServers)), mistakes),
            SipT1 = mistakes.ReadDuration(
                dialer.GetSection(nameof(SipT1)), defaults.SipT1, TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(2)),
            AliveFor = mistakes.ReadDuration(
                dialer.GetSection(nameof(AliveFor)), defaults.AliveFor, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)),
            KeepAttemptsFor = mistakes.ReadDuration(
                dialer.GetSection(nameof(KeepAttemptsFor)), defaults.KeepAttemptsFor, TimeSpan.FromDays(1), TimeSpan.FromDays(3650)),
            CongestionWait = mistakes.ReadDuration(
                dialer.GetSection(nameof(CongestionWait)), defaults.CongestionWait, TimeSpan.Zero, TimeSpan.FromSeconds(5)),
            SecretsKey = mistakes.ReadKey(dialer.GetSection(nameof(SecretsKey)), isRequired: false),
            Trunks = new TrunkSettings(mistakes).Read(configuration.GetSection("Trunks")),
        };
        var secret = settings.Trunks.FirstOrDefault(trunk => trunk.Secrets != TrunkSecrets.None);
        if (secret is not null && string.IsNullOrWhiteSpace(dialer[nameof(SecretsKey)]))
            mistakes.Add(SecretsKeyPath, $"is missing, and the trunk '{secret.Name}' has a secret to be stored. {SecretsKeyForm}");
        mistakes.ThrowIfAny();
        return settings;
    }

    private static IPAddress? ReadAdvertised(IConfigurationSection setting, IPEndPoint? listen, SettingsMistakes mistakes)
    {
        if (setting.Value is not { Length: > 0 } text)
            return null;
        if (!IPAddress.TryParse(text, out var address))
        {
            mistakes.Add(setting.Path, $"is '{text}'. Give an IP address without a port, such as 203.0.113.5.");
        }
        else if (listen is not null && listen.AddressFamily != address.AddressFamily)
        {
            mistakes.Add(setting.Path,
                $"is '{text}' and {SettingName.Of($"Dialer:{nameof(SipListen)}")} {listen}. Give both as IPv4, or both as IPv6.");
        }
        return address;
    }
}
