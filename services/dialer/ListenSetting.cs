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
    public static IPEndPoint? Read(IConfigurationSection setting, IPEndPoint? otherwise, SettingsMistakes mistakes) =>
        setting.Value is { Length: > 0 } ? mistakes.ReadListen(setting, example: 5070) : otherwise;

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
