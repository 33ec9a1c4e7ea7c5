using System.Globalization;
using FlashCall.Contracts;
using FlashCall.NumberPool.Leases;
using Xunit;

namespace FlashCall.NumberPool.Tests.Leases;

/// <summary>A number's state in the model.</summary>
internal enum NumberState
{
    Active,
    Resting,
    OnTrial,
    Retired,
}

/// <summary>What the pool must do, kept in lists and counted number by number.</summary>
internal sealed class LeaseModel(TimeProvider time)
{
    public const int HourlyCap = 3;

    /// <summary>Two numbers or more that begin alike are a cell, so that a dozen numbers have several.</summary>
    private const int Share = 2;

    /// <summary>The level that 100 wanted numbers ask for.</summary>
    private const int Level = 2;

    public static readonly TimeSpan Rest = TimeSpan.FromHours(1);
    private static readonly TimeSpan NewsHold = TimeSpan.FromSeconds(90);

    /// <summary>A number of the pool that is a phone too.</summary>
    public static readonly PhoneNumber OwnNumber = PhoneNumber.Parse("+442079460001");

    /// <summary>Over two trunks, three prefixes that lie beside and in each other, and two lengths.</summary>
    public static readonly IReadOnlyList<(long Number, string Trunk)> Numbers =
    [
        (442079460001, "a"), (442079460002, "a"), (442079460003, "a"), (442079470001, "a"), (442079470002, "a"), (442085550001, "a"),
        (442079460101, "b"), (442079460102, "b"), (442079470101, "b"), (442085550101, "b"), (46701234567, "b"), (46701234568, "b"),
    ];

    private readonly Dictionary<long, (NumberState State, DateTimeOffset? RestsUntil)> _states = Numbers.ToDictionary(
        number => number.Number, _ => (NumberState.Active, default(DateTimeOffset?)));

    private readonly Dictionary<long, List<DateTimeOffset>> _uses = [];
    private readonly Dictionary<Guid, TrunkNews> _news = [];

    public List<Attempt> Attempts { get; } = [];

    public PoolContents Contents() => new(
        [.. Numbers.Select(number => new Block(number.Number, number.Number, number.Trunk, _states[number.Number].State switch
        {
            NumberState.Active => "active",
            NumberState.Retired => "retired",
            _ => "resting",
        }, _states[number.Number].RestsUntil))], _ => Share)
    { Holes = 1 };

    public void Change(int number, NumberState state) => _states[Numbers[number].Number] = (state, state switch
    {
        NumberState.Resting => time.GetUtcNow() + TimeSpan.FromMinutes(45),
        NumberState.OnTrial => time.GetUtcNow(),
        _ => null,
    });

    public TrunkNews Hear(Guid dialer, bool a, bool b) => _news[dialer] = new TrunkNews
    {
        Replica = dialer,
        At = time.GetUtcNow(),
        Trunks =
        [
            new TrunkCondition { Name = "a", Usable = a, Destinations = [] },
            new TrunkCondition { Name = "b", Usable = b, Destinations = ["+46", "+44"] },
        ],
    };

    /// <summary>Checks an answer against all that went before, and takes note of it.</summary>
    public void Check(LeaseCallerId command, LeaseAnswer? answer)
    {
        var now = time.GetUtcNow();
        var fresh = _news.Values.Where(news => news.At > now - NewsHold).ToArray();
        var usable = Numbers.Where(number => fresh.Length == 0
            || fresh.Any(news => news.Trunks.Any(trunk => trunk.Name == number.Trunk && trunk.Usable))).ToArray();
        var live = usable.Where(number => _states[number.Number] is (NumberState.Active, _)
            || _states[number.Number] is (NumberState.Resting or NumberState.OnTrial, { } until) && until <= now).ToArray();
        var mayRing = live.Where(number => number.Number != Block.Number(command.Callee.E164) && !Attempts.Any(
            attempt => attempt.Number == number.Number && attempt.Command.Callee == command.Callee && attempt.RestsUntil > now)).ToArray();
        var free = mayRing.Where(number => Uses(number.Number, now) < HourlyCap).ToArray();

        var contents = Contents();
        long Alike((long Number, string Trunk) number) => Math.Max(1, free.Count(other =>
            _states[other.Number].State == NumberState.Active
            && Length(other.Number) == Length(number.Number) && Prefix(other) == Prefix(number)));
        string Prefix((long Number, string Trunk) number) => contents.PrefixOf(number.Number, number.Trunk, Level);

        if (answer is LeaseAnswer.Refused refused)
        {
            var expected = usable.Length == 0 ? LeaseRefusal.NoUsableTrunk
                : live.Length == 0 ? LeaseRefusal.AllBusy
                : mayRing.Length == 0 ? LeaseRefusal.AllRestingForCallee
                : free.Length == 0 ? LeaseRefusal.AllBusy
                : LeaseRefusal.BelowFloor;
            Assert.Equal(expected, refused.Reason);
            if (expected == LeaseRefusal.BelowFloor)
            {
                Assert.All(free, number => Assert.InRange(Alike(number), 1, command.MinCandidates - 1));
                Assert.InRange(refused.MissingNumbers!.Value, 1, command.MinCandidates - free.Max(Alike));
            }
        }
        else
        {
            var lease = Assert.IsType<LeaseAnswer.Leased>(answer);
            var number = Assert.Single(free, number => number.Number == Block.Number(lease.CallerId.E164));
            Assert.Equal((number.Trunk, Prefix(number)), (lease.Trunk, lease.DisclosedPrefix));
            Assert.Equal(Alike(number), lease.Candidates);
            Assert.InRange(lease.Candidates, command.MinCandidates, long.MaxValue);
            Assert.NotNull(lease.EnterDigits);
            Assert.DoesNotContain(usable, other => other != number && Length(other.Number) == Length(number.Number)
                && Text(other.Number).StartsWith(lease.DisclosedPrefix, StringComparison.Ordinal)
                && Text(other.Number)[^lease.EnterDigits.Value..] == Text(number.Number)[^lease.EnterDigits.Value..]);
            _uses.TryAdd(number.Number, []);
            _uses[number.Number].Add(now);
        }
        Attempts.Add(new Attempt(command, answer!, now));
    }

    /// <summary>Whether a release ends its lease.</summary>
    public bool Release(Attempt attempt, ReleaseCallerId release)
    {
        var now = time.GetUtcNow();
        if (!attempt.Release(release, now))
            return false;
        if (release is { Outcome: LeaseOutcome.NotRung, Trunk: null })
            _uses[attempt.Number!.Value].Remove(attempt.At);
        return true;
    }

    private int Uses(long number, DateTimeOffset now) =>
        _uses.GetValueOrDefault(number, []).Count(at => at > now - TimeSpan.FromHours(1));

    private static string Text(long number) => string.Create(CultureInfo.InvariantCulture, $"+{number}");

    private static int Length(long number) => Text(number).Length;

    /// <summary>An attempt that was answered.</summary>
    internal sealed class Attempt(LeaseCallerId command, LeaseAnswer answer, DateTimeOffset at)
    {
        private bool _ended;

        public LeaseCallerId Command => command;

        public LeaseAnswer Answer => answer;

        public DateTimeOffset At => at;

        public long? Number => answer is LeaseAnswer.Leased lease ? Block.Number(lease.CallerId.E164) : null;

        public DateTimeOffset RestsUntil { get; private set; } = answer is LeaseAnswer.Leased
            ? command.ExpiresAt + Rest : DateTimeOffset.MinValue;

        public bool Release(ReleaseCallerId release, DateTimeOffset now)
        {
            if (_ended || now >= command.ExpiresAt || answer is not LeaseAnswer.Leased lease || lease.LeaseId != release.LeaseId)
                return false;
            _ended = true;
            RestsUntil = release.Outcome switch
            {
                LeaseOutcome.NotRung => now,
                LeaseOutcome.Unknown => RestsUntil,
                _ => now + Rest,
            };
            return true;
        }
    }
}
