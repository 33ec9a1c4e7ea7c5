using System.Globalization;
using FlashCall.Contracts;

namespace FlashCall.Simulation;

/// <summary>The attacks, each by somebody who knows the trade: fresh devices, hired home connections, no haste where haste shows.</summary>
/// <param name="random">Chance.</param>
internal sealed class Attacks(Random random)
{
    private readonly (string Address, string Network, string Country)[] _botnet =
    [
        .. Enumerable.Range(0, 600).Select(_ => World.Address(random)).Select(
            bot => (bot.Address, bot.Network, World.Elsewhere[random.Next(World.Elsewhere.Length)])),
    ];

    /// <summary>All of them, once each, at times that chance chooses.</summary>
    /// <param name="start">The start of the traffic.</param>
    /// <param name="hours">Its length, 4 or more.</param>
    public IEnumerable<Visit> Play(DateTimeOffset start, int hours) => ((Func<DateTimeOffset, IEnumerable<Visit>>[])
        [Pumping, Sequence, Bombing, Guessing, SimFarm, SpendDrain]).SelectMany(
            attack => attack(start.AddHours(1 + (random.NextDouble() * (hours - 3))))
                .TakeWhile(visit => visit.Request.RequestedAt < start.AddHours(hours)));

    /// <summary>Artificially inflated traffic to a range whose owner shares what calls to it earn: random numbers of one prefix, from
    /// anywhere, each from a device of its own. Half are answered, none verifies.</summary>
    private IEnumerable<Visit> Pumping(DateTimeOffset start)
    {
        var prefix = World.Number(random, "GB")[..^5];
        var calls = 800 + random.Next(800);
        for (var i = 0; i < calls; i++)
        {
            start += Between(2, 8);
            yield return FromBot("pumping", start, "shop", Purpose.Onboarding, "GB", prefix + World.Digits(random, 5)) with
            {
                Answered = random.NextDouble() < 0.5,
            };
        }
    }

    /// <summary>A range is walked through, number by number, to learn which are in use or to ring them all.</summary>
    private IEnumerable<Visit> Sequence(DateTimeOffset start)
    {
        var head = World.Number(random, "DE")[..^4];
        var next = random.Next(2_000);
        var step = random.Next(1, 4);
        var calls = 600 + random.Next(600);
        for (var i = 0; i < calls; i++)
        {
            start += Between(3, 12);
            next += step;
            yield return FromBot("sequence", start, "dating", Purpose.Onboarding, "DE",
                head + next.ToString("0000", CultureInfo.InvariantCulture)) with
            {
                Answered = random.NextDouble() < 0.06,
            };
        }
    }

    /// <summary>One person's phone shall not stop ringing: every application, every purpose, from everywhere.</summary>
    private IEnumerable<Visit> Bombing(DateTimeOffset start)
    {
        var victim = World.Number(random, "SE");
        var calls = 300 + random.Next(300);
        for (var i = 0; i < calls; i++)
        {
            start += Between(2, 25);
            yield return FromBot("bombing", start, World.Applications[random.Next(World.Applications.Length)],
                (Purpose)random.Next(5), "SE", victim) with
            {
                Answered = random.NextDouble() < 0.1,
            };
        }
    }

    /// <summary>The caller ID is guessed: few tries for each of many people, slowly, from a hired block of addresses, devices made
    /// up.</summary>
    private IEnumerable<Visit> Guessing(DateTimeOffset start)
    {
        string[] networks = [World.Network(random), World.Network(random), World.Network(random)];
        var calls = 400 + random.Next(300);
        for (var i = 0; i < calls; i++)
        {
            start += Between(15, 60);
            var address = World.Address(random, networks[random.Next(networks.Length)]);
            yield return new Visit("guessing", i, World.Request(
                start, "bank", Purpose.Login, "SE", World.Number(random, "SE"), address, "SE", World.Device(random)))
            {
                Length = Between(8, 20),
                // One in ten thousand caller IDs; three tries.
                Verified = random.NextDouble() < 0.0003,
                WrongReports = 3,
                Answered = random.NextDouble() < 0.06,
            };
        }
    }

    /// <summary>Accounts for sale: SIM cards bought in rows, a few machines that forget what device they are after some numbers. The calls
    /// arrive and are reported, as with anybody.</summary>
    private IEnumerable<Visit> SimFarm(DateTimeOffset start)
    {
        string[] networks = [World.Network(random), World.Network(random)];
        (string Address, string Network)[] addresses =
            [.. Enumerable.Range(0, 5).Select(_ => World.Address(random, networks[random.Next(networks.Length)]))];
        string[] rows = [.. Enumerable.Range(0, 6).Select(_ => World.Number(random, "GB")[..^2])];
        var devices = addresses.Select(_ => World.Device(random)).ToArray();
        var calls = 450 + random.Next(150);
        for (var i = 0; i < calls; i++)
        {
            start += Between(10, 40);
            var machine = random.Next(addresses.Length);
            if (random.NextDouble() < 0.1)
                devices[machine] = World.Device(random);
            yield return new Visit("sim_farm", i, World.Request(
                start, "dating", Purpose.Onboarding, "GB", rows[i / 100 % rows.Length] + World.Digits(random, 2), addresses[machine], "GB",
                devices[machine]))
            {
                Length = Between(6, 15),
                Verified = random.NextDouble() < 0.96,
            };
        }
    }

    /// <summary>Calls that cost: numbers of a dear country, where accomplices answer every one. Spread over three of their
    /// ranges.</summary>
    private IEnumerable<Visit> SpendDrain(DateTimeOffset start)
    {
        string[] prefixes = [.. Enumerable.Range(0, 3).Select(_ => World.Number(random, "LV")[..^4])];
        var calls = 500 + random.Next(500);
        for (var i = 0; i < calls; i++)
        {
            start += Between(4, 18);
            yield return FromBot("spend_drain", start, "shop", Purpose.LeadValidation, "LV",
                prefixes[random.Next(prefixes.Length)] + World.Digits(random, 4)) with
            {
                Answered = random.NextDouble() < 0.93,
            };
        }
    }

    private Visit FromBot(string attack, DateTimeOffset at, string application, Purpose purpose, string country, string number)
    {
        var bot = _botnet[random.Next(_botnet.Length)];
        // Some proxies are hired in the right country.
        var addressCountry = random.NextDouble() < 0.4 ? country : bot.Country;
        return new Visit(attack, 0, World.Request(
            at, application, purpose, country, number, (bot.Address, bot.Network), addressCountry, World.Device(random)))
        {
            Length = TimeSpan.FromSeconds(120),
            Verified = false,
        };
    }

    private TimeSpan Between(double from, double to) => TimeSpan.FromSeconds(from + ((to - from) * random.NextDouble()));
}
