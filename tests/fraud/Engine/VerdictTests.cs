using System.Text.Json;
using CsCheck;
using FlashCall.Contracts;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;
using FlashCall.Fraud.Rules;
using Xunit;

namespace FlashCall.Fraud.Tests.Engine;

public sealed class VerdictTests
{
    private static readonly DateTimeOffset Noon = History.Noon;

    private static readonly Gen<(RiskRequest Request, bool Verified, int Wrong, bool Answered)> Plays =
        from seconds in Gen.Int[0, 3000]
        from number in Gen.Int[0, 40]
        from place in Gen.Int[0, 5]
        from lineType in Gen.Frequency((8, Gen.Const(LineType.Mobile)), (1, Gen.Const(LineType.Voip)))
        from purpose in Gen.Enum<Purpose>()
        from verified in Gen.Bool
        from wrong in Gen.Int[0, 3]
        from answered in Gen.Bool
        select (History.Stranger(number, Noon.AddSeconds(seconds)) with
        {
            Address = $"203.0.113.{place}/32",
            Network = "203.0.113.0/24",
            LineType = lineType,
            Purpose = purpose,
        }, verified, wrong, answered);

    [Fact]
    public void The_same_history_gives_the_same_answers_and_the_score_its_verdict() => Plays.Array[1, 120].Sample(plays =>
    {
        var (one, other) = (new History(), new History());
        foreach (var (request, verified, wrong, answered) in plays.OrderBy(play => play.Request.RequestedAt))
        {
            var assessment = one.Look(request);
            Assert.Equal(JsonSerializer.Serialize(assessment), JsonSerializer.Serialize(other.Look(request)));
            var enforced = assessment.Factors.Where(factor => !factor.Shadow).ToArray();
            Assert.Equal(Math.Min(100, enforced.Sum(factor => factor.Weight)), assessment.Score);
            Assert.Equal(assessment.Factors.OrderByDescending(factor => factor.Weight), assessment.Factors);
            Assert.All(assessment.Factors, factor => Assert.InRange(factor.Weight, 1, 100));
            var thresholds = one.Policy.ThresholdsOf(request.Purpose);
            Assert.Equal(assessment.Score >= thresholds.Block, assessment.Verdict is Verdict.Block);
            Assert.Equal(assessment.Score < thresholds.Challenge, assessment.Verdict is Verdict.Allow);
            Assert.All(assessment.Changes.Additions, addition => Assert.NotEqual(0, addition.Amount));
            Assert.DoesNotContain(request.Number, JsonSerializer.Serialize(assessment.Factors), StringComparison.Ordinal);
            Assert.DoesNotContain(request.Address![..^3], JsonSerializer.Serialize(assessment.Factors), StringComparison.Ordinal);
            Assert.Equal(one.Play(request, verified, wrong, answered), other.Play(request, verified, wrong, answered));
        }
    }, iter: 60);

    [Fact]
    public void Every_rule_reads_only_what_it_declares()
    {
        // A rule that reads what was not asked for throws; every rule is judged here.
        var history = new History(History.Usual with { Spend = new SpendSettings { CapMicros = 1 } });
        Assert.Equal(RuleBook.Names, history.Policy.Rules.Select(rule => rule.Name));
        history.Look(History.Request);
        var readings = history.Memory.Read(new Questions([], [], Noon));
        Assert.Throws<KeyNotFoundException>(() => history.Policy.Rules.OfType<LiveSession>().Single()
            .Judge(History.Request, readings).ToArray());
    }

    [Fact]
    public void A_rule_in_shadow_mode_is_recorded_with_the_verdict_that_it_would_have_given()
    {
        var history = new History(History.Usual with { ShadowRules = ["destination"] });
        var assessment = history.Look(History.Request with { Destination = "NO", AddressCountry = null });
        Assert.Equal((Verdict.Allow, 0, Verdict.Block), (assessment.Verdict, assessment.Score, assessment.ShadowVerdict));
        Assert.True(Assert.Single(assessment.Factors).Shadow);
    }

    [Fact]
    public void A_policy_in_shadow_mode_lets_all_through_and_says_what_it_would_not()
    {
        var history = new History(History.Usual with { Shadow = true });
        var assessment = history.Look(History.Request with { Destination = "NO", AddressCountry = null });
        Assert.Equal((Verdict.Allow, 100, Verdict.Block), (assessment.Verdict, assessment.Score, assessment.ShadowVerdict));
    }

    [Fact]
    public void Nothing_in_shadow_mode_raises_a_block()
    {
        PolicyDocument[] policies = [History.Usual with { Shadow = true }, History.Usual with { ShadowRules = ["wrong_reports"] }];
        foreach (var policy in policies)
        {
            var history = new History(policy with { Velocity = [], Conversion = null });
            for (var i = 0; i < 10; i++)
            {
                Assert.Empty(history.Take(Guess(i)).Changes.Blocks);
                history.Learn(new Outcome.Ended(Guess(i), Noon.AddMinutes(i), Verified: false, WrongReports: 3));
            }
            Assert.Contains("wrong_reports", history.CodesOf(Guess(10)));
        }
    }

    [Fact]
    public void The_safe_list_waives_what_does_not_hold_for_all_until_it_expires()
    {
        var history = new History(History.Usual with { Velocity = [new(SubjectKind.Number, 1, 3600)] });
        history.Take(History.Request);
        var again = History.Request with { RequestedAt = Noon.AddMinutes(20) };
        Assert.Equal(Verdict.Block, history.Look(again).Verdict);
        history.Memory.List(new ListEntry(ListKind.Safe, new Subject(SubjectKind.Address, History.Request.Address!), Noon.AddMinutes(30)));
        var waived = history.Look(again);
        Assert.Equal((Verdict.Allow, 0, (Verdict?)null), (waived.Verdict, waived.Score, waived.ShadowVerdict));
        Assert.Equal("safe_list", Assert.Single(waived.Factors).Evidence!["waived_by"]);
        Assert.Equal(Verdict.Block, history.Look(again with { LineType = LineType.PremiumRate }).Verdict);
        Assert.Equal(Verdict.Block, history.Look(History.Request with { RequestedAt = Noon.AddMinutes(31) }).Verdict);
    }

    [Theory]
    [InlineData("Number", "+46701234567", true)]
    [InlineData("Prefix", "+46701", true)]
    [InlineData("Prefix", "+46702", false)]
    [InlineData("Network", "203.0.113.0/24", true)]
    [InlineData("Device", "00000000000000000000000000000001", true)]
    public void The_block_list_holds_even_for_what_is_safe(string kind, string key, bool blocks)
    {
        var history = new History();
        history.Memory.List(new ListEntry(ListKind.Block, new Subject(Enum.Parse<SubjectKind>(kind), key), ExpiresAt: null));
        history.Memory.List(new ListEntry(ListKind.Safe, new Subject(SubjectKind.Number, History.Request.Number), ExpiresAt: null));
        Assert.Equal(blocks ? ["block_listed"] : [], history.CodesOf(History.Request));
        Assert.Equal(blocks ? Verdict.Block : Verdict.Allow, history.Look(History.Request).Verdict);
    }

    private static RiskRequest Guess(int i) => History.Stranger(i, Noon.AddMinutes(i)) with { Network = "203.0.113.0/24" };
}
