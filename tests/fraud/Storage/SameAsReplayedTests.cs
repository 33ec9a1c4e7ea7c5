using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;
using FlashCall.Fraud.Storage;
using FlashCall.Fraud.Tests.Assessments;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.Fraud.Tests.Storage;

/// <summary>The same history gives the same verdicts, whether PostgreSQL keeps it or memory does.</summary>
public sealed class SameAsReplayedTests(FraudDatabase database) : IClassFixture<FraudDatabase>
{
    private const int Requests = 400;

    [Fact]
    public async Task Live_and_replayed_verdicts_are_the_same()
    {
        // One after the other, each in a later time: blocks of one are over in the next.
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var seed = 1; seed <= 2; seed++)
            await CompareAsync(seed, seen);
        // Nothing is shown by traffic that no rule minds.
        Assert.Superset(
            ((string[])["blocked", "prefix_conversion", "live_session", "address_country"]).ToHashSet(StringComparer.Ordinal), seen);
    }

    private async Task CompareAsync(int seed, HashSet<string> seen)
    {
        var token = TestContext.Current.CancellationToken;
        var policy = new Policy(RecordedTraffic.Document, seed);
        var replay = new Replay(policy);
        var store = (await database.OpenAsync(new FakeTimeProvider(), RecordedTraffic.Document)).Store;
        foreach (var step in RecordedTraffic.Of(seed, Requests).Select(step => Shifted(step, seed)))
        {
            if (step is RecordedTraffic.Step.Asked asked)
            {
                var expected = replay.Assess(asked);
                Assessment? live = null;
                await store.AssessAsync(asked.Session, asked.Request, policy, assessment => ToAnswer(asked, live = assessment), token);
                Assert.Equal(Text(expected), Text(live!));
                seen.UnionWith(expected.Factors.Select(factor => factor.Code));
            }
            else
            {
                replay.Learn(step);
                await TellAsync(store, step, policy);
            }
        }
    }

    internal static Task TellAsync(AssessmentStore store, RecordedTraffic.Step step, Policy policy) => step switch
    {
        RecordedTraffic.Step.Told told =>
            store.LearnAsync(told.Session, told.Id, told.News, policy, TestContext.Current.CancellationToken),
        RecordedTraffic.Step.Judged judged => store.TakeFeedbackAsync(
            judged.Session, application: null, judged.Genuine, policy, judged.At, TestContext.Current.CancellationToken),
        _ => throw new ArgumentOutOfRangeException(nameof(step)),
    };

    /// <summary>Each seed in a time of its own, since they share the tables.</summary>
    private static RecordedTraffic.Step Shifted(RecordedTraffic.Step step, int seed)
    {
        var by = TimeSpan.FromDays(400 * seed);
        return step switch
        {
            RecordedTraffic.Step.Asked asked =>
                asked with { Request = asked.Request with { RequestedAt = asked.Request.RequestedAt + by } },
            RecordedTraffic.Step.Told told => told with { News = told.News with { At = told.News.At + by } },
            RecordedTraffic.Step.Judged judged => judged with { At = judged.At + by },
            _ => throw new ArgumentOutOfRangeException(nameof(step)),
        };
    }

    internal static RiskAssessed ToAnswer(RecordedTraffic.Step.Asked asked, Assessment assessment) => new()
    {
        VerificationId = asked.Session,
        Verdict = assessment.Verdict,
        Score = assessment.Score,
        Factors = assessment.Factors,
        PolicyVersion = "test",
        LineType = asked.Request.LineType,
        AssessedAt = asked.Request.RequestedAt,
    };

    internal static string Text(Assessment assessment) => JsonSerializer.Serialize((object[])
        [assessment.Verdict, assessment.Score, assessment.ShadowVerdict?.ToString() ?? "", assessment.Factors, assessment.Changes.Additions.Count,
            assessment.Changes.Blocks]);
}
