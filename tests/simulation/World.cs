using System.Globalization;
using FlashCall.Contracts;
using FlashCall.Fraud.Engine;

namespace FlashCall.Simulation;

/// <summary>Countries, numbers and addresses to draw from.</summary>
internal static class World
{
    /// <summary>A country that is served: its share of people, how mobile numbers begin, and how many digits follow.</summary>
    public static readonly (string Country, double Share, string[] Mobile, int Digits)[] Countries =
    [
        ("SE", 0.30, ["+4670", "+4672", "+4673", "+4676", "+4679"], 7),
        ("GB", 0.30, ["+4474", "+4475", "+4477", "+4478", "+4479"], 8),
        ("DE", 0.20, ["+49151", "+49160", "+49170", "+49175", "+49176"], 8),
        ("ES", 0.15, ["+346"], 8),
        // Dear to ring, and served nevertheless.
        ("LV", 0.05, ["+3712"], 7),
    ];

    /// <summary>Where addresses are that have no business there.</summary>
    public static readonly string[] Elsewhere = ["US", "BR", "ID", "NL", "RU", "VN"];

    /// <summary>The applications.</summary>
    public static readonly string[] Applications = ["shop", "bank", "dating"];

    /// <summary>A mobile number of a country.</summary>
    public static string Number(Random random, string country)
    {
        var (_, _, mobile, digits) = Countries.First(one => one.Country == country);
        return mobile[random.Next(mobile.Length)] + Digits(random, digits);
    }

    /// <summary>So many digits.</summary>
    public static string Digits(Random random, int count) =>
        random.NextInt64((long)Math.Pow(10, count)).ToString(CultureInfo.InvariantCulture).PadLeft(count, '0');

    /// <summary>A country, by its share.</summary>
    public static string Country(Random random)
    {
        var at = random.NextDouble();
        foreach (var (country, share, _, _) in Countries)
        {
            if ((at -= share) < 0)
                return country;
        }
        return Countries[0].Country;
    }

    /// <summary>An IPv4 address and its network.</summary>
    public static (string Address, string Network) Address(Random random)
    {
        var network = string.Create(CultureInfo.InvariantCulture, $"{random.Next(20, 200)}.{random.Next(256)}.{random.Next(256)}");
        return Address(random, network);
    }

    /// <summary>An address of a network, which is the first three of its four numbers.</summary>
    public static (string Address, string Network) Address(Random random, string network) =>
        (string.Create(CultureInfo.InvariantCulture, $"{network}.{random.Next(1, 255)}/32"), $"{network}.0/24");

    /// <summary>The first three numbers of a network.</summary>
    public static string Network(Random random) =>
        string.Create(CultureInfo.InvariantCulture, $"{random.Next(20, 200)}.{random.Next(256)}.{random.Next(256)}");

    /// <summary>A device that no one has seen.</summary>
    public static string Device(Random random) => random.NextInt64().ToString("x16", CultureInfo.InvariantCulture).PadLeft(32, '0');

    /// <summary>A request for a mobile number.</summary>
    public static RiskRequest Request(
        DateTimeOffset at, string application, Purpose purpose, string country, string number,
        (string Address, string Network)? address, string? addressCountry, string? device) => new()
        {
            RequestedAt = at,
            ApplicationId = application,
            Purpose = purpose,
            Number = number,
            Destination = country,
            LineType = LineType.Mobile,
            IsValid = true,
            Address = address?.Address,
            Network = address?.Network,
            AddressCountry = address is null ? null : addressCountry,
            Device = device,
        };
}
