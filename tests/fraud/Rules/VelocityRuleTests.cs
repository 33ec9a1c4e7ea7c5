using System.Globalization;
using FlashCall.Contracts;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;
using Xunit;

namespace FlashCall.Fraud.Tests.Rules;

public sealed class VelocityRuleTests
{
    private static readonly DateTimeOffset Noon = History.Noon;

    [Fact]
    public void Exactly_the_limit_of_a_number_passes_and_again_when_the_window_has_passed()
    {
        var history = new History(Only(new VelocityLimit(SubjectKind.Number, 5, 600)));
        var verdicts = Enumerable.Range(0, 20).Select(i => history.Take(At(i)).Verdict).ToArray();
        Assert.Equal(Enumerable.Repeat(Verdict.Allow, 5).Concat(Enumerable.Repeat(Verdict.Block, 15)), verdicts);
        Assert.Equal(Verdict.Block, history.Look(At(599)).Verdict);
        // Who was blocked and asked again did not lock the number for longer: what was let through is what counts.
        Assert.Equal(Verdict.Allow, history.Look(At(610)).Verdict);
    }

    [Fact]
    public void A_number_is_told_the_longest_window_that_is_full()
    {
        var history = new History(Only(new(SubjectKind.Number, 2, 60), new(SubjectKind.Number, 2, 86_400)));
        history.Take(At(0));
        history.Take(At(1));
        var factor = Assert.Single(history.Look(At(2)).Factors);
        Assert.Equal("This number was rung or about to be 2 times within 1 day, the limit. Ask again later.", factor.Detail);
        Assert.Equal(("2", "2", "86400"), (factor.Evidence!["count"], factor.Evidence["limit"], factor.Evidence["window_seconds"]));
    }

    [Theory]
    [InlineData("address", 9, 0)]
    [InlineData("address", 10, 50)]
    [InlineData("address", 16, 80)]
    [InlineData("address", 30, 100)]
    [InlineData("network", 10, 50)]
    [InlineData("device", 15, 75)]
    public void A_client_weighs_by_its_excess_and_what_was_blocked_counts_too(string subject, int requests, int weight)
    {
        var kind = Enum.Parse<SubjectKind>(subject, ignoreCase: true);
        var history = new History(Only(new VelocityLimit(kind, 10, 600)));
        for (var i = 0; i < requests; i++)
            history.Take(OnlyOf(kind, i));
        var factors = history.Look(OnlyOf(kind, requests)).Factors;
        Assert.Equal(weight, factors.SingleOrDefault()?.Weight ?? 0);
        Assert.All(factors, factor => Assert.Equal($"{subject}_velocity", factor.Code));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(7)]
    public void A_prefix_counts_what_was_let_through(int digits)
    {
        var history = new History(Only(new VelocityLimit(SubjectKind.Prefix, 3, 600, digits)));
        for (var i = 0; i < 20; i++)
            history.Take(Prefixed(i));
        var factor = Assert.Single(history.Look(Prefixed(20)).Factors);
        Assert.Equal(History.Request.Number[..(digits + 1)], factor.Evidence!["prefix"]);
        // 50 at the limit of three, challenged; 80 and more, from five on, is blocked and counts no more.
        Assert.Equal(("5", 83), (factor.Evidence["count"], factor.Weight));
    }

    [Fact]
    public void A_limit_grows_with_the_usual_rate_of_weeks()
    {
        // 2 an hour for two weeks are 4 in the two hours; five times that is 20.
        var limit = new VelocityLimit(SubjectKind.Application, 3, 7200, 0, 5);
        var history = new History(Only(limit));
        for (var i = 0; i < 14 * 48; i++)
            history.Take(History.Stranger(i, Noon.AddMinutes(30 * i)));
        var now = Noon.AddDays(15);
        for (var i = 0; i < 25; i++)
            history.Take(History.Stranger(1000 + i, now));
        var factor = Assert.Single(history.Look(History.Stranger(2000, now)).Factors);
        Assert.InRange(int.Parse(factor.Evidence!["limit"], CultureInfo.InvariantCulture), 17, 20);
    }

    [Fact]
    public void The_heaviest_excess_counts_and_not_the_sum()
    {
        var history = new History(Only(
            new(SubjectKind.Address, 10, 600), new(SubjectKind.Address, 8, 3600), new(SubjectKind.Address, 100, 86_400)));
        for (var i = 0; i < 12; i++)
            history.Take(OnlyOf(SubjectKind.Address, i));
        Assert.Equal(75, Assert.Single(history.Look(OnlyOf(SubjectKind.Address, 12)).Factors).Weight);
    }

    [Fact]
    public void Who_gives_no_address_and_no_device_is_not_counted_by_them()
    {
        var history = new History(Only(new(SubjectKind.Address, 1, 600), new(SubjectKind.Device, 1, 600)));
        for (var i = 0; i < 5; i++)
            Assert.Empty(history.Take(OnlyOf(SubjectKind.Address, i) with { Address = null, Network = null, Device = null }).Factors);
    }

    private static PolicyDocument Only(params VelocityLimit[] limits) => History.Usual with
    {
        Velocity = [.. limits],
        LiveSession = null,
        NumberSequence = null,
        NumberBlock = [],
        DeviceNumbers = [],
        Conversion = null,
        AnsweredRate = null,
        WrongReports = null,
        RefusedClients = null,
    };

    private static RiskRequest At(double seconds) => History.Request with { RequestedAt = Noon.AddSeconds(seconds) };

    private static RiskRequest Prefixed(int i) =>
        History.Stranger(i, Noon) with { Number = string.Create(CultureInfo.InvariantCulture, $"{History.Request.Number[..8]}{i:0000}") };

    /// <summary>Another person each time, but for one thing.</summary>
    private static RiskRequest OnlyOf(SubjectKind kind, int i)
    {
        var stranger = History.Stranger(i, Noon);
        return kind switch
        {
            SubjectKind.Address => stranger with { Address = History.Request.Address },
            SubjectKind.Network => stranger with { Network = History.Request.Network },
            SubjectKind.Device => stranger with { Device = History.Request.Device },
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
    }
}
