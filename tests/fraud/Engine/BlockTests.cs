using System.Globalization;
using FlashCall.Contracts;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;
using Xunit;

namespace FlashCall.Fraud.Tests.Engine;

public sealed class BlockTests
{
    private static readonly DateTimeOffset Noon = History.Noon;
    private static readonly Subject Range = new(SubjectKind.Prefix, "+4670123");

    [Theory]
    [InlineData(1, 300)]
    [InlineData(2, 600)]
    [InlineData(7, 19_200)]
    [InlineData(8, 38_400)]
    [InlineData(9, 43_200)]
    [InlineData(1000, 43_200)]
    public void A_block_doubles_up_to_half_a_day(int level, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), new BlockSettings().LengthOf(level));

    [Fact]
    public void An_attack_that_goes_on_is_blocked_for_longer_each_time_and_few_get_through_in_between()
    {
        var history = new History(Shares);
        var raised = new List<TimedBlock>();
        var through = 0;
        for (var i = 0; i < 6 * 360; i++)
        {
            var request = Attack(i, Noon.AddSeconds(10 * i));
            var assessment = history.Take(request);
            raised.AddRange(assessment.Changes.Blocks);
            through += assessment.Verdict is Verdict.Block ? 0 : 1;
        }
        Assert.All(raised, block => Assert.Equal(Range, block.Subject));
        Assert.Equal(Enumerable.Range(1, raised.Count), raised.Select(block => block.Level));
        Assert.All(raised, block => Assert.Equal(new BlockSettings().LengthOf(block.Level), block.Until - block.RaisedAt));
        Assert.InRange(raised.Count, 6, 8);
        Assert.InRange(through, 10, 45);
    }

    [Fact]
    public void After_a_block_honest_people_get_through_again_and_none_is_raised_a_second_time()
    {
        var history = new History(Shares);
        for (var i = 0; i < 40; i++)
            history.Take(Attack(i, Noon.AddSeconds(10 * i)));
        var again = Noon.AddMinutes(40);
        for (var i = 100; i < 200; i++)
        {
            var assessment = history.Take(Attack(i, again.AddSeconds(20 * i)));
            Assert.Empty(assessment.Changes.Blocks);
            Assert.Equal(Verdict.Allow, assessment.Verdict);
            history.Learn(new Outcome.Ended(
                Attack(i, again.AddSeconds(20 * i)), again.AddSeconds((20 * i) + 9), Verified: i % 4 != 0, WrongReports: 0));
        }
    }

    [Fact]
    public void After_the_memory_a_block_begins_at_its_first_level()
    {
        var history = new History(Shares);
        var raised = new List<TimedBlock>();
        foreach (var day in (int[])[0, 2])
        {
            for (var i = 0; i < 40; i++)
                raised.AddRange(history.Take(Attack(i + (100 * day), Noon.AddDays(day).AddSeconds(10 * i))).Changes.Blocks);
        }
        Assert.Equal([1, 1], raised.Select(block => block.Level));
    }

    [Fact]
    public void A_block_lifted_by_hand_is_on_probation_too()
    {
        var history = new History(Shares);
        var at = Noon;
        for (var i = 0; i < 25; i++, at = at.AddSeconds(10))
            history.Take(Attack(i, at));
        Assert.Equal("blocked", history.CodesOf(Attack(30, at)).First());
        history.Memory.Lift(Range, at);
        // What came before still counts in the shortest window: an operator lifts it when that has passed.
        Assert.Equal(2, Assert.Single(history.Take(Attack(31, at.AddSeconds(1))).Changes.Blocks).Level);
    }

    [Fact]
    public void A_subject_is_told_masked_unless_it_is_nobody_s()
    {
        Assert.Equal("+4670123", Range.Masked);
        Assert.Equal("203.0.113.0/24", new Subject(SubjectKind.Network, "203.0.113.0/24").Masked);
        Assert.Equal("203.0.113.•••", new Subject(SubjectKind.Address, "203.0.113.7/32").Masked);
        Assert.Equal("2001:db8:1:2::•••", new Subject(SubjectKind.Address, "2001:db8:1:2::/64").Masked);
        Assert.Equal("01234567•••", new Subject(SubjectKind.Device, "0123456789abcdef0123456789abcdef").Masked);
        Assert.Equal("+4670•••67", new Subject(SubjectKind.Number, "+46701234567").Masked);
        Assert.Equal("•••", new Subject(SubjectKind.DeviceWithNumber, "0123 +46701234567").Masked);
    }

    private static PolicyDocument Shares => History.Usual with
    {
        Velocity = [],
        LiveSession = null,
        NumberSequence = null,
        NumberBlock = [],
        DeviceNumbers = [],
        RefusedClients = null,
    };

    private static RiskRequest Attack(int i, DateTimeOffset at) => History.Stranger(i, at) with
    {
        Number = string.Create(CultureInfo.InvariantCulture, $"+4670123{i % 10_000:0000}"),
        ApplicationId = string.Create(CultureInfo.InvariantCulture, $"app{i}"),
    };
}
