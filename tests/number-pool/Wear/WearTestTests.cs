using CsCheck;
using FlashCall.NumberPool.Wear;
using Xunit;

namespace FlashCall.NumberPool.Tests.Wear;

public sealed class WearTestTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 9, 0, 0, TimeSpan.Zero);
    private static readonly WearTest Test = new(WearSettings.Default);

    [Theory]
    [InlineData(0.6, true, -0.693)]
    [InlineData(0.6, false, 0.560)]
    [InlineData(0.9, false, 1.705)]
    [InlineData(0.1, false, 0.054)]
    public void A_call_weighs_by_how_much_likelier_it_is_of_a_worn_number(double expected, bool verified, double weight) =>
        Assert.Equal(weight, Test.Weigh(expected, verified), 0.001);

    [Fact]
    public void Of_a_healthy_number_a_call_weighs_less_than_nothing_on_average_and_of_a_worn_one_more() =>
        Gen.Select(Gen.Double[0.02, 0.98], Gen.Double[0.1, 0.9]).Sample((expected, ratio) =>
        {
            var test = new WearTest(WearSettings.Default with { Ratio = ratio });
            double Mean(double share) => share * test.Weigh(expected, verified: true) + (1 - share) * test.Weigh(expected, verified: false);
            return Mean(expected) < 0 && Mean(expected * ratio) > 0;
        });

    [Theory]
    [InlineData(99, 60, 1.0, null)] // fewer calls than NumberPool:Wear:LeastTrials
    [InlineData(1_000_000, 600_000, 1.0, 0.5995)]
    [InlineData(100, 60, 1.0, 0.551)] // one standard error of 0.049 lower
    [InlineData(1_000_000, 600_000, 0.5, 0.29976)]
    [InlineData(1_000_000, 600_000, 1.3, 0.5995)] // nobody has to do better than the last days because all do now
    [InlineData(1_000_000, 1_000_000, 1.0, 0.98)]
    [InlineData(1_000_000, 19_000, 1.0, null)] // everybody fails: nothing to measure by
    [InlineData(1_000_000, 0, 1.0, null)]
    public void What_the_peers_let_expect(long trials, long verified, double pace, double? cautious)
    {
        var expected = Test.Expect(trials, verified, pace);
        Assert.Equal(cautious is null, expected is null);
        if (expected is { } known)
        {
            Assert.Equal(cautious!.Value, known.Cautious, 0.0005);
            Assert.Equal((double)verified / trials, known.Share);
        }
    }

    [Fact]
    public void The_sum_against_an_active_number_begins_anew_at_zero_and_that_of_a_trial_does_not()
    {
        var peers = new Expectation(0.6, 0.6);
        Assert.Equal(Evidence.None, Test.Add(Evidence.None, peers, verified: true, Now));
        var against = Test.Add(Evidence.None, peers, verified: false, Now);
        Assert.Equal((1, 0, Now), (against.Trials, against.Verified, against.Since));
        Assert.Equal(Evidence.None, Test.Add(against, peers, verified: true, Now));

        var trial = Test.AddOnTrial(Evidence.None, peers, verified: true, Now);
        Assert.Equal((1, 1, 0, 0.693), (trial.Trials, trial.Verified, trial.Against, Math.Round(trial.InFavour, 3)));
        Assert.Equal(2, Test.AddOnTrial(trial, peers, verified: true, Now.AddHours(1)).Trials);
    }

    [Fact]
    public void The_evidence_of_a_trial_is_the_same_in_whatever_order_its_calls_come() =>
        Gen.Select(Gen.Double[0.02, 0.98], Gen.Bool).Array[1, 40]
            .SelectMany(calls => Gen.Shuffle(calls).Select(shuffled => (calls, shuffled)))
            .Sample(orders =>
            {
                Evidence Sum((double Share, bool Verified)[] calls) => calls.Aggregate(
                    Evidence.None, (sum, call) => Test.AddOnTrial(sum, new Expectation(call.Share, call.Share), call.Verified, Now));
                var (one, other) = (Sum(orders.calls), Sum(orders.shuffled));
                return Math.Abs(one.Sum - other.Sum) < 1e-9 && one.Trials == other.Trials && one.Verified == other.Verified;
            });

    [Fact]
    public void The_limits_are_those_of_the_wanted_false_alarms()
    {
        Assert.Equal(Math.Log(100_000), Test.Limit);
        Assert.True(new WearTest(WearSettings.Default with { CallsPerFalseAlarm = 1000 }).Limit < Test.Limit);
        // The chance of error of a trial is 1 in 100, either way.
        Assert.Equal(Math.Log(99), WearTest.TrialLimit, 1e-9);
        Assert.True(Test.IsWorn(Evidence.None with { Sum = Test.Limit }));
        Assert.False(Test.IsWorn(Evidence.None with { Sum = Test.Limit - 0.001 }));
        Assert.True(WearTest.FailsTrial(Evidence.None with { Sum = WearTest.TrialLimit }));
        Assert.True(WearTest.PassesTrial(Evidence.None with { Sum = -WearTest.TrialLimit }));
        Assert.False(WearTest.PassesTrial(Evidence.None) || WearTest.FailsTrial(Evidence.None));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 4)]
    [InlineData(3, 8)]
    public void Each_rest_is_twice_as_long_as_the_one_before(int rests, int days) =>
        Assert.Equal(new Verdict.Rest(Now.AddDays(days), rests + 1), Test.Sentence(rests, Now));

    [Fact]
    public void After_so_many_rests_a_number_is_retired()
    {
        Assert.IsType<Verdict.Retire>(Test.Sentence(4, Now));
        Assert.IsType<Verdict.Retire>(new WearTest(WearSettings.Default with { MaxRests = 0 }).Sentence(0, Now));
    }
}
