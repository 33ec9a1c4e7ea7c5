using System.Collections.Immutable;
using System.Globalization;
using FlashCall.Contracts;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;
using Xunit;

namespace FlashCall.Fraud.Tests.Rules;

/// <summary>The rules over what was asked before: open sessions, numbers in a row, devices with many numbers, guesses, money.</summary>
public sealed class PatternRuleTests
{
    private static readonly DateTimeOffset Noon = History.Noon;

    [Fact]
    public void A_request_while_a_session_of_the_number_is_open_weighs_until_that_has_ended()
    {
        var history = new History();
        var first = History.Request with { Purpose = Purpose.Onboarding };
        history.Take(first);
        var again = first with { RequestedAt = Noon.AddSeconds(20) };
        Assert.Equal(15, Assert.Single(history.Look(again).Factors).Weight);
        Assert.Equal(["live_session"], history.CodesOf(again));
        Assert.Equal(7, Assert.Single(history.Look(again with { Purpose = Purpose.Login }).Factors).Weight);
        history.Learn(new Outcome.Ended(first, Noon.AddSeconds(21), Verified: false, WrongReports: 0));
        Assert.Empty(history.CodesOf(again));
    }

    [Fact]
    public void A_session_of_which_no_end_is_heard_is_over_after_its_time()
    {
        var history = new History();
        history.Take(History.Request);
        Assert.NotEmpty(history.CodesOf(History.Request with { RequestedAt = Noon.AddSeconds(299) }));
        Assert.Empty(history.CodesOf(History.Request with { RequestedAt = Noon.AddSeconds(310) }));
    }

    [Theory]
    [InlineData("+46701234566", "+46701234568", true)]
    [InlineData("+46701234564", "+46701234570", true)]
    [InlineData("+46701234563", "+46701234568", false)]
    [InlineData("+46701234568", "+46701234568", false)]
    public void Two_of_the_nearest_numbers_are_a_sequence(string one, string other, bool isSequence)
    {
        var history = new History();
        history.Take(History.Stranger(1, Noon) with { Number = one });
        history.Take(History.Stranger(2, Noon) with { Number = other });
        Assert.Equal(isSequence, history.CodesOf(History.Request).Contains("number_sequence"));
    }

    [Theory]
    [InlineData("+46701230000", "+46701230001", "+46701230002")]
    [InlineData("+46701239999", "+46701239997", "+46701239998")]
    public void Neighbours_are_sought_within_ten_thousand_numbers(string number, string one, string other)
    {
        var history = new History();
        history.Take(History.Stranger(1, Noon) with { Number = one });
        history.Take(History.Stranger(2, Noon) with { Number = other });
        Assert.Contains("number_sequence", history.CodesOf(History.Request with { Number = number }));
    }

    [Fact]
    public void Different_numbers_of_a_block_count_and_the_same_one_again_does_not()
    {
        var history = new History(History.Usual with { NumberBlock = [new(2, 4, 3600)], NumberSequence = null, Velocity = [] });
        for (var i = 0; i < 3; i++)
            history.Take(InBlock(10 * i));
        for (var i = 0; i < 10; i++)
            history.Play(InBlock(0) with { RequestedAt = Noon.AddMinutes(i) }, verified: true);
        Assert.DoesNotContain("number_block", history.CodesOf(InBlock(30)));
        history.Take(InBlock(30));
        Assert.Equal(50, history.Look(InBlock(40)).Factors.Single(factor => factor.Code == "number_block").Weight);
        for (var i = 40; i < 80; i += 10)
            history.Take(InBlock(i));
        Assert.Equal(Verdict.Block, history.Look(InBlock(90)).Verdict);
        Assert.DoesNotContain("number_block", history.CodesOf(InBlock(90) with { Number = "+46701234667" }));
    }

    [Fact]
    public void A_device_that_asks_for_many_numbers_is_stopped_and_one_that_asks_again_for_its_own_is_not()
    {
        var history = new History(History.Usual with { Velocity = [] });
        for (var i = 0; i < 30; i++)
            Assert.Equal(Verdict.Allow, history.Play(History.Request with { RequestedAt = Noon.AddMinutes(10 * i) }, verified: true));
        var numbers = 1;
        for (var i = 1; i < 30; i++)
        {
            var request = History.Stranger(i, Noon.AddHours(6)) with { Device = History.Request.Device };
            if (history.Take(request).Verdict is not Verdict.Block)
                numbers++;
        }
        // 50 at five, 80 at eight.
        Assert.Equal(8, numbers);
    }

    [Fact]
    public void A_client_that_guesses_is_blocked_and_one_that_mistypes_is_not()
    {
        var history = new History();
        for (var i = 0; i < 40; i++)
        {
            var typing = History.Stranger(i, Noon.AddMinutes(i)) with { Network = "192.0.2.0/24", Address = "192.0.2.1/32" };
            Assert.Equal(Verdict.Allow, history.Play(typing, verified: true, wrong: i % 4 == 0 ? 1 : 0));
        }
        var through = 0;
        for (var i = 100; i < 140; i++)
        {
            var guess = History.Stranger(i, Noon.AddMinutes(i)) with { Network = "203.0.113.0/24", Address = $"203.0.113.{i}/32" };
            through += history.Play(guess, verified: false, wrong: 3) is Verdict.Block ? 0 : 1;
        }
        Assert.Equal(4, through);
        Assert.Equal("wrong_reports", history.Memory.Read(
            RiskEngine.Ask(history.Policy, History.Request with { RequestedAt = Noon.AddMinutes(139) })).Blocks[0].Reason);
    }

    [Fact]
    public void A_number_that_is_guessed_at_is_left_alone()
    {
        var history = new History(History.Usual with { Velocity = [] });
        for (var i = 0; i < 4; i++)
            history.Play(History.Stranger(i, Noon.AddMinutes(i)) with { Number = History.Request.Number }, verified: false, wrong: 3);
        var assessment = history.Take(History.Stranger(9, Noon.AddMinutes(9)) with { Number = History.Request.Number });
        Assert.Equal("wrong_reports", assessment.Factors[0].Code);
        Assert.Empty(assessment.Changes.Blocks);
    }

    [Fact]
    public void A_client_that_is_mostly_refused_is_refused_for_what_else_it_asks()
    {
        var history = new History(History.Usual with { Velocity = [new(Fraud.Counting.SubjectKind.Number, 1, 600)] });
        for (var i = 0; i < 5; i++)
            history.Take(Bomber(i, History.Request.Number));
        Assert.Equal("refused_client", history.Take(Bomber(10, "+46760000001")).Factors[0].Code);
        Assert.Equal("blocked", history.Take(Bomber(11, "+46760000002")).Factors[0].Code);
    }

    [Fact]
    public void Destinations_that_are_not_open_make_no_client_suspicious()
    {
        var history = new History();
        for (var i = 0; i < 20; i++)
            history.Take(Bomber(i, "+4790123456") with { Destination = "NO" });
        Assert.Empty(history.CodesOf(Bomber(21, "+46760000001")));
    }

    [Fact]
    public void Spending_ends_at_the_cap_of_the_application_and_begins_again_a_day_later()
    {
        var history = new History(History.Usual with
        {
            Spend = new SpendSettings
            {
                Prices = [new("+", 1, 0), new("+46", 1000, 9000)],
                CapMicros = 50_000,
                Applications = ImmutableSortedDictionary.Create<string, long>(StringComparer.OrdinalIgnoreCase).Add("rich", 1_000_000),
            },
            AnsweredRate = null,
        });
        var through = 0;
        for (var i = 0; i < 50; i++)
        {
            var verdict = history.Play(History.Stranger(i, Noon.AddMinutes(10 * i)), verified: true, answered: i % 2 == 0);
            through += verdict is Verdict.Block ? 0 : 1;
        }
        // Two calls cost 1,000 each and 9,000 for the answered one.
        Assert.Equal(9, through);
        var now = Noon.AddHours(9);
        Assert.Equal(["spend_cap"], history.CodesOf(History.Stranger(60, now)));
        Assert.Empty(history.CodesOf(History.Stranger(60, now) with { ApplicationId = "Rich" }));
        Assert.Empty(history.CodesOf(History.Stranger(60, Noon.AddHours(27))));
    }

    private static RiskRequest InBlock(int last) => History.Stranger(last, Noon) with
    {
        Number = string.Create(CultureInfo.InvariantCulture, $"+467012345{last:00}"),
    };

    private static RiskRequest Bomber(int i, string number) => History.Stranger(i, Noon.AddSeconds(i)) with
    {
        Number = number,
        Address = History.Request.Address,
        Network = History.Request.Network,
    };
}
