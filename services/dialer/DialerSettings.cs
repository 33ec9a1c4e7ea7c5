using System.Net;
using FlashCall.Dialer.Trunks;
using FlashCall.Hosting;
using FluentValidation;

namespace FlashCall.Dialer;

/// <summary>The dialer's settings, read once at start.</summary>
internal sealed record DialerSettings
{
    /// <summary><c>Dialer:SipListen</c>: the UDP address and port that SIP is spoken from. Port 0 takes any free one.</summary>
    public IPEndPoint SipListen { get; init; } = new(IPAddress.Any, 5070);

    /// <summary><c>Dialer:SipAdvertised</c>: the IP address that trunks are told to answer to (Via, Contact) where it is not the one listened
    /// on, such as behind a NAT. Null takes the address listened on or, listening on all, the one that the route to the trunk leaves by.</summary>
    public IPAddress? SipAdvertised { get; init; }

    /// <summary><c>Dialer:SipT1</c>: the round-trip estimate that all SIP timers follow from (RFC 3261 §17.1.1.1), 0.02 to 2 seconds,
    /// 0.5 by default. Less is right only where every trunk is near.</summary>
    public TimeSpan SipT1 { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary><c>Dialer:AliveFor</c>: how long after its last sign of life a replica counts as dead and its calls as interrupted,
    /// 1 to 60 seconds, 5 by default. A sign of life is given every fifth of it.</summary>
    public TimeSpan AliveFor { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary><c>Dialer:KeepAttemptsFor</c>: how long attempts stay in the database, 1 to 3650 days, 30 by default. A command that is
    /// delivered again after that would be placed again, if its own time had not long passed.</summary>
    public TimeSpan KeepAttemptsFor { get; init; } = TimeSpan.FromDays(30);

    /// <summary><c>Trunks</c>: where calls go, by name.</summary>
    public IReadOnlyDictionary<string, Trunk> Trunks { get; init; } = new Dictionary<string, Trunk>(StringComparer.Ordinal);

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="SettingsException">One is wrong; the message names it and says what would be right.</exception>
    public static DialerSettings Read(IConfiguration configuration)
    {
        var dialer = configuration.GetSection("Dialer");
        var defaults = new DialerSettings();
        var settings = new DialerSettings
        {
            SipListen = ReadListen(dialer["SipListen"]) ?? defaults.SipListen,
            SipAdvertised = ReadAddress(dialer["SipAdvertised"]),
            SipT1 = ReadTime(dialer, "SipT1") ?? defaults.SipT1,
            AliveFor = ReadTime(dialer, "AliveFor") ?? defaults.AliveFor,
            KeepAttemptsFor = ReadTime(dialer, "KeepAttemptsFor") ?? defaults.KeepAttemptsFor,
            Trunks = ReadTrunks(configuration.GetSection("Trunks")),
        };
        var result = new Validator().Validate(settings);
        return result.IsValid
            ? settings
            : throw new SettingsException(Variable($"Dialer:{result.Errors[0].PropertyName}"), result.Errors[0].ErrorMessage);
    }

    private static IPEndPoint? ReadListen(string? text)
    {
        if (text is not { Length: > 0 })
            return null;
        // IPEndPoint.TryParse takes a bare address as port 0; listening somewhere by accident is worse than being told.
        return IPEndPoint.TryParse(text, out var endPoint) && text.LastIndexOf(':') > text.LastIndexOf(']') && !IPAddress.TryParse(text, out _)
            ? endPoint
            : throw new SettingsException(Variable("Dialer:SipListen"), "is not an IP address and port. Expected such as 0.0.0.0:5070 or [::]:5070.");
    }

    private static IPAddress? ReadAddress(string? text)
    {
        if (text is not { Length: > 0 })
            return null;
        return IPAddress.TryParse(text, out var address)
            ? address
            : throw new SettingsException(Variable("Dialer:SipAdvertised"), "is not an IP address. Expected such as 203.0.113.5, without a port.");
    }

    private static TimeSpan? ReadTime(IConfigurationSection section, string name)
    {
        if (section[name] is not { Length: > 0 } text)
            return null;
        return TimeSpan.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var time)
            ? time
            : throw new SettingsException(Variable($"{section.Path}:{name}"), "is not a time. Expected days.hours:minutes:seconds, such as 00:00:00.5 or 30.00:00:00.");
    }

    private static Dictionary<string, Trunk> ReadTrunks(IConfigurationSection section)
    {
        var trunks = new Dictionary<string, Trunk>(StringComparer.Ordinal);
        foreach (var child in section.GetChildren())
        {
            var trunk = new Trunk { Name = child["Name"] ?? "", Address = child["Address"] ?? "" };
            var result = new Trunk.Validator().Validate(trunk);
            if (!result.IsValid)
                throw new SettingsException(Variable($"{child.Path}:{result.Errors[0].PropertyName}"), result.Errors[0].ErrorMessage);
            if (!trunks.TryAdd(trunk.Name, trunk))
                throw new SettingsException(Variable($"{child.Path}:Name"), $"repeats '{trunk.Name}'. Give each trunk a name of its own.");
        }
        return trunks;
    }

    private static string Variable(string setting) => "FLASHCALL_" + setting.ToUpperInvariant().Replace(":", "__", StringComparison.Ordinal);

    private sealed class Validator : AbstractValidator<DialerSettings>
    {
        public Validator()
        {
            RuleFor(settings => settings.SipAdvertised).Must((settings, address) => address!.AddressFamily == settings.SipListen.AddressFamily)
                .When(settings => settings.SipAdvertised is not null)
                .WithMessage("is not of the family of FLASHCALL_DIALER__SIPLISTEN. Expected both IPv4, or both IPv6.");
            RuleFor(settings => settings.SipT1).InclusiveBetween(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(2))
                .WithMessage("is out of range. Expected 00:00:00.02 to 00:00:02; carriers expect 00:00:00.5.");
            RuleFor(settings => settings.AliveFor).InclusiveBetween(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1))
                .WithMessage("is out of range. Expected 00:00:01 to 00:01:00.");
            RuleFor(settings => settings.KeepAttemptsFor).InclusiveBetween(TimeSpan.FromDays(1), TimeSpan.FromDays(3650))
                .WithMessage("is out of range. Expected 1.00:00:00 (a day) to 3650.00:00:00.");
        }
    }
}
