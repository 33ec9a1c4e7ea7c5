using System.Net;
using FlashCall.Hosting;

namespace FlashCall.Gateway.Webhooks;

/// <summary>How the gateway tells applications of what happened, read once at start.</summary>
internal sealed record WebhookSettings
{
    /// <summary>The section of the settings.</summary>
    public const string Section = "Webhooks";

    private const int MostInFlight = 1000;
    private const int MostInFlightPerReceiver = 100;

    /// <summary>Whether receivers may be reached without TLS (<c>Webhooks:AllowHttp</c>): for tests, and for receivers in a network of the
    /// operator's own.</summary>
    public bool AllowHttp { get; init; }

    /// <summary>Networks that may be connected to although they are not public (<c>Webhooks:AllowedNetworks:0</c> …, CIDR).</summary>
    public IReadOnlyList<IPNetwork> AllowedNetworks { get; init; } = [];

    /// <summary>How long deliveries are kept (<c>Webhooks:KeepFor</c>), 1 day to 1 year.</summary>
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How many deliveries a replica sends at once (<c>Webhooks:InFlight</c>), 1 to 1000.</summary>
    public int InFlight { get; init; } = 256;

    /// <summary>How many of them go to one receiver (<c>Webhooks:InFlightPerReceiver</c>), 1 to 100: one that is slow shall not hold up the
    /// others.</summary>
    public int InFlightPerReceiver { get; init; } = 8;

    /// <summary>Reads and checks the section; what is wrong goes to <paramref name="mistakes"/>.</summary>
    public static WebhookSettings Read(IConfiguration configuration, SettingsMistakes mistakes)
    {
        var section = configuration.GetSection(Section);
        mistakes.RefuseUnknown(
            section, nameof(AllowHttp), nameof(AllowedNetworks), nameof(KeepFor), nameof(InFlight), nameof(InFlightPerReceiver));
        var defaults = new WebhookSettings();
        return new WebhookSettings
        {
            AllowHttp = ReadSwitch(section.GetSection(nameof(AllowHttp)), mistakes),
            AllowedNetworks = ReadNetworks(section.GetSection(nameof(AllowedNetworks)), mistakes),
            KeepFor = mistakes.ReadDuration(
                section.GetSection(nameof(KeepFor)), defaults.KeepFor, TimeSpan.FromDays(1), TimeSpan.FromDays(365)),
            InFlight = mistakes.ReadNumber(section.GetSection(nameof(InFlight)), defaults.InFlight, 1, MostInFlight),
            InFlightPerReceiver = mistakes.ReadNumber(
                section.GetSection(nameof(InFlightPerReceiver)), defaults.InFlightPerReceiver, 1, MostInFlightPerReceiver),
        };
    }

    private static bool ReadSwitch(IConfigurationSection setting, SettingsMistakes mistakes)
    {
        if (setting.Value is not { Length: > 0 } text)
            return false;
        if (!bool.TryParse(text, out var value))
            mistakes.Add(setting.Path, $"is '{text}'. Give true or false.");
        return value;
    }

    private static List<IPNetwork> ReadNetworks(IConfigurationSection section, SettingsMistakes mistakes)
    {
        const string Form = "a list of networks in CIDR form, such as [\"10.1.0.0/16\", \"fd00:1::/48\"]";
        mistakes.RefuseScalar(section, Form);
        var networks = new List<IPNetwork>();
        foreach (var entry in section.GetChildren())
        {
            if (IPNetwork.TryParse(entry.Value, out var network))
                networks.Add(network);
            else
                mistakes.Add(entry.Path, $"is '{entry.Value}'. Give a network whose address ends where its prefix does: {Form}.");
        }
        return networks;
    }
}
