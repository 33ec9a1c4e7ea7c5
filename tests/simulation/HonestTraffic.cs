using System.Globalization;
using FlashCall.Contracts;

namespace FlashCall.Simulation;

/// <summary>
/// People: of several countries, at home, on mobile networks where many share an address, in offices where many share one too and have
/// numbers in a row; new and returning, more by day than by night; who mistype, do not get through, try again, give up, and travel. A
/// network fails for a while, a campaign brings a crowd, colleagues sign up together. And a shop's tablet that signs up its customers,
/// which the operator has put on the safe list.
/// </summary>
internal sealed class HonestTraffic
{
    /// <summary>Requests by the hour of the day (UTC), as a share of the busiest.</summary>
    private static readonly double[] DayCurve =
        [0.18, 0.12, 0.1, 0.1, 0.14, 0.25, 0.45, 0.65, 0.8, 0.88, 0.92, 0.95, 1, 0.95, 0.9, 0.9, 0.92, 0.97, 1, 0.98, 0.9, 0.7, 0.5, 0.3];

    /// <summary>How often a purpose is what somebody comes for, and how often it gets through.</summary>
    private static readonly (Purpose Purpose, double Share, double Conversion)[] Purposes =
    [
        (Purpose.Onboarding, 0.30, 0.82), (Purpose.Login, 0.45, 0.90), (Purpose.LeadValidation, 0.10, 0.62), (Purpose.Kyc, 0.05, 0.85),
        (Purpose.Transaction, 0.10, 0.92),
    ];

    private readonly Random _random;
    private readonly List<Person> _people = [];
    private readonly Dictionary<string, string[]> _mobileNetworks;
    private readonly Office[] _offices;
    private int _persons;
    private DateTimeOffset _outage;

    /// <summary>Those who have been customers before.</summary>
    private const int Customers = 15_000;

    private const string OutOfOrder = "+4673";

    /// <param name="random">Chance.</param>
    public HonestTraffic(Random random)
    {
        _random = random;
        _mobileNetworks = World.Countries.ToDictionary(
            one => one.Country, _ => Enumerable.Range(0, 8).Select(_ => World.Network(random)).ToArray(), StringComparer.Ordinal);
        _offices = [.. Enumerable.Range(0, 25).Select(_ => NewOffice())];
        for (var i = 0; i < Customers; i++)
            _people.Add(NewPerson());
    }

    /// <summary>The device of the shop's tablet.</summary>
    public string Tablet { get; } = "tablet".PadLeft(32, '0');

    /// <summary>The traffic of a stretch of time.</summary>
    /// <param name="start">From then.</param>
    /// <param name="hours">So long.</param>
    /// <param name="busiest">Visits in the busiest hour, tries that follow on one that failed not counted.</param>
    public IEnumerable<Visit> Play(DateTimeOffset start, int hours, int busiest)
    {
        _outage = start.AddHours(hours * _random.NextDouble());
        for (var hour = 0; hour < hours; hour++)
        {
            var hourStart = start.AddHours(hour);
            var visits = (int)(busiest * DayCurve[hourStart.Hour] * (0.9 + (0.2 * _random.NextDouble())));
            for (var i = 0; i < visits; i++)
            {
                foreach (var visit in VisitOf(SomeBody(), hourStart.AddSeconds(3600 * _random.NextDouble())))
                    yield return visit;
            }
            // A campaign: five times as many leads in a quarter of an hour.
            if (hourStart.Hour == 17)
            {
                for (var i = 0; i < busiest / 4; i++)
                {
                    var at = hourStart.AddSeconds(900 * _random.NextDouble());
                    foreach (var visit in Tries(NewPerson(), "shop", Purpose.LeadValidation, 0.62, at))
                        yield return visit;
                }
            }
            if (hourStart.Hour is >= 9 and < 18)
            {
                foreach (var visit in InTheShop(hourStart).Concat(Colleagues(hourStart)))
                    yield return visit;
            }
        }
    }

    private IEnumerable<Visit> VisitOf(Person person, DateTimeOffset at)
    {
        var share = _random.NextDouble();
        var (purpose, _, conversion) = Purposes.First(one => (share -= one.Share) < 0 || one.Purpose is Purpose.Transaction);
        return Tries(person, person.Application, purpose, conversion, at);
    }

    /// <summary>A first try, and up to two more where it fails.</summary>
    private IEnumerable<Visit> Tries(Person person, string application, Purpose purpose, double conversion, DateTimeOffset at)
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            // For a quarter of an hour one network does not put calls through.
            var isOut = at >= _outage && at < _outage.AddMinutes(15) && person.Number.StartsWith(OutOfOrder, StringComparison.Ordinal);
            var verified = !isOut && _random.NextDouble() < conversion;
            var length = verified
                ? TimeSpan.FromSeconds(Math.Min(170, 5 + (9 * Math.Exp(0.7 * Gaussian()))))
                : TimeSpan.FromSeconds(60 + (120 * _random.NextDouble()));
            yield return new Visit(Visit.Honest, person.Id, World.Request(
                at, application, purpose, person.Country, person.Number, AddressOf(person), person.AddressCountry, person.Device))
            {
                Length = length,
                Verified = verified,
                WrongReports = _random.NextDouble() switch { < 0.01 => 2, < 0.05 => 1, _ => 0 },
                Answered = _random.NextDouble() < 0.04,
            };
            if (verified || _random.NextDouble() < 0.5)
                yield break;
            at += TimeSpan.FromSeconds(25 + (90 * _random.NextDouble()));
        }
    }

    private IEnumerable<Visit> InTheShop(DateTimeOffset hour)
    {
        for (var i = _random.Next(4); i > 0; i--)
        {
            var customer = NewPerson() with { Device = Tablet, Where = Place.Home };
            foreach (var visit in Tries(customer, "shop", Purpose.Onboarding, 0.9, hour.AddSeconds(3600 * _random.NextDouble())))
                yield return visit;
        }
    }

    /// <summary>Once in a while colleagues sign up together, with numbers in a row.</summary>
    private IEnumerable<Visit> Colleagues(DateTimeOffset hour)
    {
        if (_random.NextDouble() > 0.15)
            yield break;
        var office = _offices[_random.Next(_offices.Length)];
        for (var i = 3 + _random.Next(5); i > 0; i--)
        {
            var colleague = AtWork(NewPerson(), office) with
            {
                Number = office.FirstNumbers + _random.Next(100).ToString("00", CultureInfo.InvariantCulture),
                Device = World.Device(_random),
            };
            foreach (var visit in Tries(colleague, "bank", Purpose.Onboarding, 0.85, hour.AddSeconds(1800 * _random.NextDouble())))
                yield return visit;
        }
    }

    private static Person AtWork(Person person, Office office) => person with
    {
        Where = Place.Office,
        Country = office.Country,
        AddressCountry = office.Country,
        Home = office.Address,
    };

    private Person SomeBody()
    {
        // More than half come back.
        if (_random.NextDouble() < 0.55)
            return _people[_random.Next(_people.Count)];
        var person = NewPerson();
        _people.Add(person);
        return person;
    }

    private Person NewPerson()
    {
        var country = World.Country(_random);
        var person = new Person(_persons++, country, World.Number(_random, country))
        {
            Application = World.Applications[_random.Next(World.Applications.Length)],
            Device = _random.NextDouble() < 0.9 ? World.Device(_random) : null,
            Home = World.Address(_random),
            AddressCountry = country,
            Where = _random.NextDouble() switch { < 0.45 => Place.Home, < 0.9 => Place.Mobile, < 0.95 => Place.Office, _ => Place.Unknown },
        };
        if (person.Where is Place.Office)
        {
            var office = _offices[_random.Next(_offices.Length)];
            person = AtWork(person, office) with
            {
                // Half have a telephone of the company, whose numbers are in a row.
                Number = _random.NextDouble() < 0.5
                    ? office.FirstNumbers + _random.Next(100).ToString("00", CultureInfo.InvariantCulture)
                    : World.Number(_random, office.Country),
            };
        }
        // Travellers, and those whose network comes out of its cable elsewhere.
        if (_random.NextDouble() < 0.03)
            person = person with { AddressCountry = World.Elsewhere[_random.Next(World.Elsewhere.Length)], Home = World.Address(_random) };
        // A family shares a tablet.
        if (_people.Count > 0 && person.Device is not null && _random.NextDouble() < 0.03)
            person = person with { Device = _people[_random.Next(_people.Count)].Device };
        return person;
    }

    private Office NewOffice()
    {
        var country = World.Country(_random);
        return new Office(country, World.Address(_random), World.Number(_random, country)[..^2]);
    }

    private (string Address, string Network)? AddressOf(Person person) => person.Where switch
    {
        Place.Unknown => null,
        // A mobile operator's gateway: another address each time, shared by thousands.
        Place.Mobile => Shared(_mobileNetworks[person.Country]),
        _ => person.Home,
    };

    private (string Address, string Network) Shared(string[] networks)
    {
        var network = networks[_random.Next(networks.Length)];
        return (string.Create(CultureInfo.InvariantCulture, $"{network}.{_random.Next(1, 9)}/32"), $"{network}.0/24");
    }

    private double Gaussian() =>
        Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());

    private enum Place
    {
        Home,
        Mobile,
        Office,
        Unknown,
    }

    private sealed record Office(string Country, (string Address, string Network) Address, string FirstNumbers);

    private sealed record Person(int Id, string Country, string Number)
    {
        public required string Application { get; init; }

        public string? Device { get; init; }

        public (string Address, string Network) Home { get; init; }

        public string? AddressCountry { get; init; }

        public Place Where { get; init; }
    }
}
