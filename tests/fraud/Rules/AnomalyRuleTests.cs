using System.Globalization;
using FlashCall.Contracts;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;
using FlashCall.Fraud.Rules;
using Xunit;

namespace FlashCall.Fraud.Tests.Rules;

/// <summary>Shares that differ from their baseline by more than chance, and the blocks that they raise.</summary>
public sealed class AnomalyRuleTests
{
    private static readonly DateTimeOffset Noon = History.Noon;

    [Theory]
    [InlineData(0, 10, 1.96, 0, 0.2775)]
    [InlineData(5, 10, 1.96, 0.2366, 0.7634)]
    [InlineData(10, 10, 1.96, 0.7225, 1)]
    [InlineData(81, 263, 1.96, 0.2553, 0.3662)]
    public void Bounds_are_Wilson_s(long hits, long trials, double deviations, double lower, double upper)
    {
        Assert.Equal(lower, Shares.Lower(hits, trials, deviations), 0.0001);
        Assert.Equal(upper, Shares.Upper(hits, trials, deviations), 0.0001);
    }

    [Fact]
    public void A_baseline_begins_with_the_policy_s_figure_and_ends_with_what_was_seen()
    {
        Assert.Equal(0.65, Shares.Usual(0, 0, 65), 0.001);
        Assert.Equal(0.8, Shares.Usual(80_000, 100_000, 65), 0.001);
        Assert.InRange(Shares.Usual(80, 100, 65), 0.7, 0.75);
    }

    [Fact]
    public void A_prefix_where_nobody_verifies_is_blocked_and_its_neighbour_is_not()
    {
        var history = new History(Quiet);
        var through = Attack(history, "+4670123", 100, Noon, TimeSpan.FromSeconds(10));
        // Nineteen without a success are beyond chance, and some more came within the lag of half a minute.
        Assert.InRange(through, 19, 24);
        var at = Noon.AddSeconds(1000);
        Assert.Equal("blocked", history.CodesOf(Under("+4670123", 500, at)).First());
        Assert.Empty(history.CodesOf(Under("+4670124", 500, at)));
    }

    [Fact]
    public void A_prefix_that_verifies_as_usual_is_left_alone()
    {
        var history = new History(Quiet);
        for (var i = 0; i < 400; i++)
            Assert.Equal(Verdict.Allow, history.Play(Under("+4670123", i, Noon.AddSeconds(20 * i)), verified: i % 3 != 0));
    }

    [Fact]
    public void Requests_that_are_too_young_to_have_verified_count_not_yet()
    {
        var history = new History(Quiet with { Conversion = new ConversionSettings { LagSeconds = 60 } });
        for (var i = 0; i < 50; i++)
            Assert.Equal(Verdict.Allow, history.Take(Under("+4670123", i, Noon.AddSeconds(i))).Verdict);
        Assert.Equal(Verdict.Block, history.Take(Under("+4670123", 60, Noon.AddSeconds(125))).Verdict);
    }

    [Fact]
    public void A_late_success_counts_at_the_time_of_its_request_in_any_order()
    {
        var history = new History(Quiet);
        var requests = Enumerable.Range(0, 40).Select(i => Under("+4670123", i, Noon)).ToArray();
        foreach (var request in requests)
            history.Take(request);
        var later = Under("+4670123", 99, Noon.AddMinutes(2));
        Assert.Equal(Verdict.Block, history.Look(later).Verdict);
        foreach (var request in requests.Reverse())
            history.Learn(new Outcome.Ended(request, Noon.AddMinutes(3), Verified: true, WrongReports: 0));
        Assert.Equal(Verdict.Allow, history.Look(later).Verdict);
    }

    [Fact]
    public void Feedback_takes_a_success_back_or_adds_one()
    {
        var history = new History(Quiet);
        var requests = Enumerable.Range(0, 40).Select(i => Under("+4670123", i, Noon.AddSeconds(i))).ToArray();
        foreach (var request in requests)
            history.Play(request, verified: true);
        var later = Under("+4670123", 99, Noon.AddMinutes(3));
        Assert.Equal(Verdict.Allow, history.Look(later).Verdict);
        foreach (var request in requests)
            history.Learn(new Outcome.Feedback(request, Noon.AddMinutes(2), Genuine: false, CountedAsVerified: true));
        Assert.Equal(Verdict.Block, history.Look(later).Verdict);
        foreach (var request in requests)
            history.Learn(new Outcome.Feedback(request, Noon.AddMinutes(2), Genuine: true, CountedAsVerified: false));
        Assert.Equal(Verdict.Allow, history.Look(later).Verdict);
    }

    [Fact]
    public void What_never_rang_counts_as_if_it_had_not_been_asked_for()
    {
        var history = new History(History.Usual);
        for (var i = 0; i < 30; i++)
        {
            var request = History.Request with { RequestedAt = Noon.AddSeconds(10 * i), Device = null, Address = null, Network = null };
            Assert.Equal(Verdict.Allow, history.Take(request).Verdict);
            history.Learn(new Outcome.Withdrawn(request, request.RequestedAt.AddSeconds(1)));
        }
    }

    [Fact]
    public void A_network_where_nobody_verifies_is_blocked()
    {
        var history = new History(Quiet);
        var through = 0;
        for (var i = 0; i < 60; i++)
        {
            var request = History.Stranger(i, Noon.AddSeconds(10 * i)) with { Network = "203.0.113.0/24" };
            through += history.Play(request, verified: false) is Verdict.Block ? 0 : 1;
        }
        Assert.InRange(through, 19, 24);
        Assert.Empty(history.CodesOf(History.Stranger(99, Noon.AddSeconds(700)) with { ApplicationId = "bank" }));
    }

    [Fact]
    public void An_application_where_hardly_anybody_verifies_weighs_and_is_not_blocked()
    {
        var history = new History(Quiet);
        for (var i = 0; i < 60; i++)
            history.Play(History.Stranger(i, Noon.AddSeconds(10 * i)), verified: false);
        var factor = Assert.Single(history.Look(History.Stranger(99, Noon.AddSeconds(700))).Factors);
        Assert.Equal(("application_conversion", 20), (factor.Code, factor.Weight));
    }

    [Fact]
    public void A_prefix_where_calls_are_answered_is_blocked_within_a_few()
    {
        var history = new History(Quiet with { Conversion = null });
        var through = 0;
        for (var i = 0; i < 40; i++)
        {
            var request = Under("+4670123", i, Noon.AddSeconds(10 * i));
            through += history.Play(request, verified: false, answered: true) is Verdict.Block ? 0 : 1;
        }
        Assert.InRange(through, 5, 8);
        Assert.Empty(history.CodesOf(Under("+4670124", 99, Noon.AddSeconds(500))));
    }

    [Fact]
    public void Voicemail_now_and_then_is_no_anomaly()
    {
        var history = new History(Quiet with { Conversion = null });
        for (var i = 0; i < 300; i++)
        {
            Assert.Equal(Verdict.Allow,
                history.Play(Under("+4670123", i, Noon.AddSeconds(30 * i)), verified: true, answered: i % 12 == 0));
        }
    }

    [Fact]
    public void A_trunk_on_which_everything_is_answered_is_reported_once_and_stops_no_request()
    {
        var history = new History(Quiet);
        var raised = new List<TimedBlock>();
        for (var i = 0; i < 20; i++)
        {
            var request = History.Stranger(i, Noon.AddSeconds(i));
            history.Take(request);
            raised.AddRange(history.Learn(new Outcome.Called(request, Noon.AddSeconds(i), "carrier-2", Answered: true)).Blocks);
            history.Learn(new Outcome.Ended(request, Noon.AddSeconds(i), Verified: true, WrongReports: 0));
        }
        var alarm = Assert.Single(raised);
        Assert.Equal((SubjectKind.Trunk, "carrier-2", "trunk_answered_rate"), (alarm.Subject.Kind, alarm.Subject.Key, alarm.Reason));
        Assert.Empty(history.CodesOf(History.Stranger(99, Noon.AddSeconds(30))));
    }

    [Fact]
    public void A_wider_prefix_is_judged_only_after_several_narrower_ones_were_blocked()
    {
        var history = new History(Quiet with { Conversion = null });
        var at = Noon;
        string[] ranges = ["+4670121", "+4670122", "+4670123", "+4670124"];
        for (var range = 0; range < ranges.Length; range++)
        {
            for (var i = 0; i < 12; i++, at = at.AddSeconds(5))
                history.Play(Under(ranges[range], i, at), verified: false, answered: true);
            var other = history.CodesOf(Under("+4670129", 1, at));
            if (range < 2)
                Assert.Empty(other);
        }
        var factor = history.Take(Under("+4670129", 1, at)).Factors[0];
        Assert.Equal(("blocked", "+467012"), (factor.Code, factor.Evidence!["prefix"]));
        Assert.Empty(history.CodesOf(Under("+4670139", 1, at)));
    }

    /// <summary>Nothing but shares.</summary>
    private static PolicyDocument Quiet => History.Usual with
    {
        Velocity = [],
        LiveSession = null,
        NumberSequence = null,
        NumberBlock = [],
        DeviceNumbers = [],
        RefusedClients = null,
    };

    private static RiskRequest Under(string prefix, int i, DateTimeOffset at) => History.Stranger(i, at) with
    {
        Number = string.Create(CultureInfo.InvariantCulture, $"{prefix}{i * 7 % 10_000:0000}"),
        ApplicationId = string.Create(CultureInfo.InvariantCulture, $"app{i}"),
    };

    private static int Attack(History history, string prefix, int calls, DateTimeOffset from, TimeSpan apart)
    {
        var through = 0;
        for (var i = 0; i < calls; i++)
            through += history.Play(Under(prefix, i, from + (i * apart)), verified: false) is Verdict.Block ? 0 : 1;
        return through;
    }
}
