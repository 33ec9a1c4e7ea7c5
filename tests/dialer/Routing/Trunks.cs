using FlashCall.Dialer.Trunks;

namespace FlashCall.Dialer.Tests.Routing;

/// <summary>Trunks of these tests.</summary>
internal static class Trunks
{
    public static Trunk Named(string name) => new() { Name = name, Addresses = ["192.0.2.10"] };

    public static Trunk Presenting(this Trunk trunk, params string[] ranges) =>
        trunk with { CallerIds = [.. ranges.Select(CallerIdRange.Parse)] };

    public static Trunk Reaching(this Trunk trunk, params string[] prefixes) =>
        trunk with { Destinations = [.. prefixes.Select(prefix => new Destination(prefix))] };
}
