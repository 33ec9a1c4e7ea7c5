using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;
using FlashCall.Fraud.Tests.Assessments;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.Fraud.Tests.Storage;

/// <summary>The same where many requests share a transaction. It has a database of its own: blocks of another time would stand.</summary>
public sealed class SameAsReplayedTogetherTests(FraudDatabase database) : IClassFixture<FraudDatabase>
{
    [Fact]
    public async Task Verdicts_of_requests_that_share_a_transaction_are_those_of_one_after_the_other()
    {
        const int Seed = 3;
        const int AtOnce = 50;
        var token = TestContext.Current.CancellationToken;
        var policy = new Policy(RecordedTraffic.Document, Seed);
        var replay = new Replay(policy);
        var store = (await database.OpenAsync(new FakeTimeProvider(), RecordedTraffic.Document, assessingAtOnce: 1)).Store;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var steps in RecordedTraffic.Of(Seed, 400).Chunk(AtOnce))
        {
            var requests = steps.OfType<RecordedTraffic.Step.Asked>().ToList();
            var expected = requests.ConvertAll(replay.Assess);
            var live = new Assessment[requests.Count];
            var underWay = new List<Task>();
            await using (await database.HoldAsync())
            {
                for (var i = 0; i < live.Length; i++)
                {
                    var (asked, at) = (requests[i], i);
                    underWay.Add(store.AssessAsync(
                        asked.Session, asked.Request, policy,
                        assessment => SameAsReplayedTests.ToAnswer(asked, live[at] = assessment), token));
                }
            }
            await Task.WhenAll(underWay);
            Assert.Equal(expected.Select(SameAsReplayedTests.Text), live.Select(SameAsReplayedTests.Text));
            seen.UnionWith(expected.SelectMany(one => one.Factors).Select(factor => factor.Code));

            underWay.Clear();
            await using (await database.HoldAsync())
            {
                foreach (var step in steps.Except(requests))
                {
                    replay.Learn(step);
                    underWay.Add(SameAsReplayedTests.TellAsync(store, step, policy));
                }
            }
            await Task.WhenAll(underWay);
        }
        Assert.Superset(
            ((string[])["blocked", "prefix_conversion", "live_session", "number_velocity"]).ToHashSet(StringComparer.Ordinal), seen);
    }
}
