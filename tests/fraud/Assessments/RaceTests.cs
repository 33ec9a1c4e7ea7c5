using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Fraud.Assessments;
using Xunit;

namespace FlashCall.Fraud.Tests.Assessments;

/// <summary>Two replicas, each with connections of its own, over one database.</summary>
public sealed class RaceTests(FraudDatabase database) : IClassFixture<FraudDatabase>
{
    [Fact]
    public async Task Of_many_requests_for_one_number_at_once_exactly_the_limit_passes()
    {
        FraudDatabase.Replica[] replicas = [database.Open(TimeProvider.System, Samples.Policy()),
            database.Open(TimeProvider.System, Samples.Policy())];
        for (var round = 0; round < 10; round++)
        {
            var number = FraudDatabase.NewNumber();
            var requestedAt = DateTimeOffset.UtcNow;
            var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(request => Task.Run(() =>
                replicas[request % 2].AssessAsync(FraudDatabase.Command(number, requestedAt)))));
            Assert.Equal(5, answers.Count(answer => answer.Verdict is Verdict.Allow));
            Assert.Equal(11, answers.Count(answer => answer.Verdict is Verdict.Block));
        }
    }

    [Fact]
    public async Task One_request_delivered_many_times_at_once_gets_one_answer_and_counts_once()
    {
        var policy = Samples.Policy(limits: [new(VelocitySubject.Number, 5, TimeSpan.FromMinutes(10))]);
        FraudDatabase.Replica[] replicas = [database.Open(TimeProvider.System, policy), database.Open(TimeProvider.System, policy)];
        for (var round = 0; round < 20; round++)
        {
            var command = FraudDatabase.Command(FraudDatabase.NewNumber(), DateTimeOffset.UtcNow);
            var answers = await Task.WhenAll(
                Enumerable.Range(0, 8).Select(delivery => Task.Run(() => replicas[delivery % 2].AssessAsync(command))));
            Assert.Single(answers.Select(answer => JsonSerializer.Serialize(answer)).Distinct());
            var (_, counters) = await replicas[0].Store.RecordAsync(Guid.CreateVersion7(), command.To, null, command.RequestedAt, default);
            Assert.Equal(1, counters[policy.Limits[0]]);
        }
    }
}
