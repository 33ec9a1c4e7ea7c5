using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Fraud.Engine;
using Xunit;

namespace FlashCall.Fraud.Tests.Assessments;

/// <summary>Two replicas, each with connections of its own, over one database.</summary>
public sealed class RaceTests(FraudDatabase database) : IClassFixture<FraudDatabase>
{
    [Fact]
    public async Task Of_many_requests_for_one_number_at_once_exactly_the_limit_passes()
    {
        var replicas = await ReplicasAsync();
        for (var round = 0; round < 10; round++)
        {
            var number = FraudDatabase.NewNumber();
            var requestedAt = DateTimeOffset.UtcNow;
            var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(request => Task.Run(() =>
                replicas[request % 2].AssessAsync(FraudDatabase.Command(number, requestedAt)))));
            Assert.Equal(5, answers.Count(answer => answer.Verdict is not Verdict.Block));
            Assert.Equal(11, answers.Count(answer => answer.Verdict is Verdict.Block));
        }
    }

    [Fact]
    public async Task One_request_delivered_many_times_at_once_gets_one_answer_and_counts_once()
    {
        var replicas = await ReplicasAsync();
        for (var round = 0; round < 20; round++)
        {
            var command = FraudDatabase.Command(FraudDatabase.NewNumber(), DateTimeOffset.UtcNow);
            var answers = await Task.WhenAll(
                Enumerable.Range(0, 8).Select(delivery => Task.Run(() => replicas[delivery % 2].AssessAsync(command))));
            Assert.Single(answers.Select(answer => JsonSerializer.Serialize(answer)).Distinct());
            Assert.Equal(1, await database.RingsOfAsync(command.To));
        }
    }

    [Fact]
    public async Task News_that_meets_its_own_request_counts_once_whoever_is_first()
    {
        var replicas = await ReplicasAsync();
        for (var round = 0; round < 30; round++)
        {
            var command = FraudDatabase.Command(FraudDatabase.NewNumber(), DateTimeOffset.UtcNow);
            var withdrawn = new SessionNews.Ended(command.RequestedAt, Verified: false, WrongReports: 0, Called: false);
            await Task.WhenAll(
                Task.Run(() => replicas[0].AssessAsync(command)),
                Task.Run(() => replicas[1].LearnAsync(command.VerificationId, command.VerificationId, withdrawn)),
                Task.Run(() => replicas[0].LearnAsync(command.VerificationId, command.VerificationId, withdrawn)));
            Assert.Equal(0, await database.RingsOfAsync(command.To));
        }
    }

    private async Task<FraudDatabase.Replica[]> ReplicasAsync() =>
        [await database.OpenAsync(TimeProvider.System, Documents.Quiet), await database.OpenAsync(TimeProvider.System, Documents.Quiet)];
}
