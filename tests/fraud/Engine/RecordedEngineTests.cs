using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;
using FlashCall.Fraud.Tests.Storage;
using Xunit;

namespace FlashCall.Fraud.Tests.Engine;

public sealed class RecordedEngineTests
{
    private const int Requests = 3000;

    [Fact]
    public void Unasked_it_reads_what_it_would_have_asked_for()
    {
        var policy = new Policy(RecordedTraffic.Document, 1);
        var asked = new Replay(policy);
        var unasked = new RecordedEngine(policy);
        var sessions = new Dictionary<Guid, (RiskRequest Request, bool Through)>();
        var factors = new HashSet<string>(StringComparer.Ordinal);
        // Feedback is no matter of the engine alone: the tests of the store have it.
        foreach (var step in RecordedTraffic.Of(seed: 11, Requests).Where(step => step is not RecordedTraffic.Step.Judged))
        {
            switch (step)
            {
                case RecordedTraffic.Step.Asked request:
                    var expected = SameAsReplayedTests.Text(asked.Assess(request));
                    var assessment = unasked.Assess(request.Request);
                    Assert.Equal(expected, SameAsReplayedTests.Text(assessment));
                    sessions[request.Session] = (request.Request, assessment.Verdict is not Contracts.Verdict.Block);
                    factors.UnionWith(assessment.Factors.Select(factor => factor.Code));
                    break;
                case RecordedTraffic.Step.Told told:
                    asked.Learn(told);
                    if (sessions[told.Session] is { Through: true } session)
                        unasked.Learn(told.News.OutcomeOf(session.Request));
                    break;
            }
        }
        Assert.True(factors.Count > 8, string.Join(' ', factors));
    }

    [Fact]
    public void Sweeping_changes_no_verdict_and_keeps_the_counters_few()
    {
        var policy = new Policy(RecordedTraffic.Document, 1);
        var (kept, swept) = (new RecordedEngine(policy), new RecordedEngine(policy));
        var (most, last) = (0, default(DateTimeOffset));
        foreach (var step in RecordedTraffic.Of(seed: 12, Requests).OfType<RecordedTraffic.Step.Asked>())
        {
            var expected = SameAsReplayedTests.Text(kept.Assess(step.Request));
            swept.History.Sweep(step.Request.RequestedAt);
            Assert.Equal(expected, SameAsReplayedTests.Text(swept.Assess(step.Request)));
            (most, last) = (Math.Max(most, swept.History.Count), step.Request.RequestedAt);
        }
        swept.History.Sweep(last.AddDays(60));
        Assert.Equal(0, swept.History.Count);
        Assert.True(most < kept.History.Count, $"{most} of {kept.History.Count}");
    }

    [Fact]
    public void A_request_that_was_copied_has_subjects_of_its_own()
    {
        var request = History.Request;
        var before = Assert.Single(request.SubjectsOf(SubjectKind.Number));
        var other = request with { Number = "+46700000001" };
        Assert.Equal("+46700000001", Assert.Single(other.SubjectsOf(SubjectKind.Number)).Key);
        Assert.Equal(before, Assert.Single(request.SubjectsOf(SubjectKind.Number)));
        Assert.Equal(request with { }, request);
    }
}
