using CsCheck;
using FlashCall.Contracts;
using FlashCall.Fraud.Assessments;
using Xunit;

namespace FlashCall.Fraud.Tests.Assessments;

public sealed class RiskEngineTests
{
    private static readonly Gen<(Policy Policy, RiskRequest Request, Counters Counters)> Cases =
        from challengeAt in Gen.Int[1, 100]
        from blockAt in Gen.Int[challengeAt, 100]
        from destinations in Gen.OneOf(Gen.Const<string[]>([]), Gen.Const<string[]>(["SE"]), Gen.Const<string[]>(["GB", "SE"]))
        from destination in Gen.OneOf(Gen.Const("SE"), Gen.Const("GB"), Gen.Const("+881"))
        from lineType in Gen.Enum<LineType>()
        from counts in Gen.Long[0, 250].Array[4]
        let policy = Samples.Policy(destinations, challengeAt: challengeAt, blockAt: blockAt)
        select (
            policy,
            Samples.Request with { Destination = destination, LineType = lineType },
            new Counters(policy.Limits.Zip(counts).ToDictionary(pair => pair.First, pair => pair.Second)));

    [Fact]
    public void An_ordinary_request_is_allowed_without_a_word()
    {
        var assessment = Assess(Samples.Request);
        Assert.Equal((Verdict.Allow, 0), (assessment.Verdict, assessment.Score));
        Assert.Empty(assessment.Factors);
    }

    [Fact]
    public void The_same_input_gives_the_same_answer_and_the_score_its_verdict() => Cases.Sample(sample =>
    {
        var assessment = RiskEngine.Assess(sample.Policy, sample.Request, sample.Counters);
        var again = RiskEngine.Assess(sample.Policy, sample.Request, sample.Counters);
        Assert.Equal(assessment.Factors, again.Factors);
        Assert.Equal((assessment.Verdict, assessment.Score), (again.Verdict, again.Score));

        Assert.Equal(Math.Min(100, assessment.Factors.Sum(factor => factor.Weight)), assessment.Score);
        Assert.Equal(assessment.Factors.OrderByDescending(factor => factor.Weight), assessment.Factors);
        Assert.All(assessment.Factors, factor => Assert.InRange(factor.Weight, 1, 100));
        Assert.Equal(assessment.Score >= sample.Policy.BlockAt, assessment.Verdict is Verdict.Block);
        Assert.Equal(assessment.Score < sample.Policy.ChallengeAt, assessment.Verdict is Verdict.Allow);
        Assert.False(assessment.Verdict is Verdict.Block && assessment.Factors.Count == 0);
    }, iter: 5000);

    [Fact]
    public void More_requests_before_never_lower_the_score() => Gen.Select(Cases, Gen.Long[0, 100].Array[4]).Sample((sample, more) =>
    {
        var counters = new Counters(
            sample.Policy.Limits.Zip(more).ToDictionary(pair => pair.First, pair => sample.Counters[pair.First] + pair.Second));
        return RiskEngine.Assess(sample.Policy, sample.Request, counters).Score >= RiskEngine.Assess(
            sample.Policy, sample.Request, sample.Counters).Score;
    }, iter: 2000);

    [Fact]
    public void Weights_add_up()
    {
        var policy = Samples.Policy();
        var counters = Samples.Counted(policy, (Samples.TwentyFromAnAddress, 20));
        var assessment = RiskEngine.Assess(policy, Samples.Request with { LineType = LineType.Voip }, counters);
        Assert.Equal(["address_velocity", "line_type_voip"], assessment.Factors.Select(factor => factor.Code));
        Assert.Equal((Verdict.Block, 90), (assessment.Verdict, assessment.Score));
    }

    [Theory]
    [InlineData(40, 80, Verdict.Challenge)]
    [InlineData(41, 80, Verdict.Allow)]
    [InlineData(40, 40, Verdict.Block)]
    public void A_threshold_is_reached_at_its_own_score(int challengeAt, int blockAt, Verdict verdict) =>
        Assert.Equal(verdict, Assess(
            Samples.Request with { LineType = LineType.Voip }, Samples.Policy(challengeAt: challengeAt, blockAt: blockAt)).Verdict);

    [Fact]
    public void Of_equally_heavy_reasons_the_destination_comes_first()
    {
        var assessment = Assess(Samples.Request with { Destination = "+979", LineType = LineType.PremiumRate });
        Assert.Equal(["destination_not_allowed", "line_type_not_allowed"], assessment.Factors.Select(factor => factor.Code));
        Assert.Equal(100, assessment.Score);
    }

    private static Assessment Assess(RiskRequest request, Policy? policy = null) =>
        RiskEngine.Assess(policy ?? Samples.Policy(), request, Counters.None(policy ?? Samples.Policy()));
}
