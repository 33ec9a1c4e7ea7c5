using System.Net;
using FlashCall.Hosting;

namespace FlashCall.Dialer;

/// <summary>Settings that name an IP address and a port.</summary>
internal static class ListenSetting
{
    /// <summary>Reads one.</summary>
    /// <param name="setting">The setting.</param>
    /// <param name="otherwise">What it is when nothing is set.</param>
    /// <param name="mistakes">Where to note what is wrong.</param>
    /// <returns>Null where it is wrong.</returns>
    public static IPEndPoint? Read(IConfigurationSection setting, IPEndPoint? otherwise, SettingsMistakes mistakes)
    {
        if (setting.Value is not { Length: > 0 } text)
            return otherwise;
        // IPEndPoint.TryParse takes a bare address as port 0; listening somewhere by accident is worse than being told. Of an IPv6 address
        // only what follows the brackets is a port.
        var colon = text.LastIndexOf(':');
        var hasPort = colon > text.LastIndexOf(']') && (text[0] == '[' || text.IndexOf(':', StringComparison.Ordinal) == colon);
        if (hasPort && IPEndPoint.TryParse(text, out var endPoint))
            return endPoint;
        mistakes.Add(setting.Path, $"is '{text}'. Give an IP address and a port, such as 0.0.0.0:5070 or [::]:5070.");
        return null;
    }

    /// <summary>Reads a list of name servers: addresses, with a port where it is not 53, commas between.</summary>
    public static IReadOnlyList<IPEndPoint> ReadNameServers(IConfigurationSection setting, SettingsMistakes mistakes)
    {
        const int Dns = 53;
        var servers = new List<IPEndPoint>();
        foreach (var text in (setting.Value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            // A bare address is read as port 0.
            if (IPEndPoint.TryParse(text, out var server))
                servers.Add(server.Port > 0 ? server : new IPEndPoint(server.Address, Dns));
            else
                mistakes.Add(setting.Path, $"has '{text}'. Give IP addresses with commas between, such as 192.0.2.53,192.0.2.54:5353.");
        }
        return servers;
    }
}
