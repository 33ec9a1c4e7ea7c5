using FlashCall.Contracts;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Storage;
using FlashCall.Fraud.Subjects;
using FlashCall.Fraud.Tests.Assessments;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.Fraud.Tests.Subjects;

/// <summary>A number is forgotten; what is counted of many stays.</summary>
public sealed class SubjectDataTests(FraudDatabase database) : IClassFixture<FraudDatabase>
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_number_goes_with_its_sessions_and_counts_and_what_operators_listed_stays()
    {
        var replica = await database.OpenAsync(_time, Documents.Quiet);
        var (number, other) = (FraudDatabase.NewNumber(), FraudDatabase.NewNumber());
        var (first, second, others) = (Command(number), Command(number), Command(other));
        foreach (var command in (AssessRisk[])[first, second, others])
            await replica.AssessAsync(command);
        await database.QueryAsync<int>(
            "insert into requests (verification_id, requested_at, number) values ($1, now(), $2) returning 1", Guid.CreateVersion7(), number.E164);
        await database.QueryAsync<int>("""
            insert into list_entries (id, list, kind, subject, reason, added_at, added_by)
            values (gen_random_uuid(), 1, 1, $1, 'test', now(), 'operator') returning 1
            """, number.E164);
        Assert.Equal(2, await database.RingsOfAsync(number));
        var withDevice = new Subject(SubjectKind.DeviceWithNumber, $"{RiskRequest.DeviceKey("shop", "device-1")} {number.E164}");
        var ofMany = await OfManyAsync();

        await using var data = database.Open();
        var subjects = new SubjectData(data);
        var (erased, kept) = await subjects.EraseAsync(number, [first.VerificationId, second.VerificationId], CancellationToken.None);

        Assert.Equal((2, 1, 1), (erased["assessments"], erased["requests"], kept["list_entries"]));
        Assert.True(erased["counters"] >= 2, $"{erased["counters"]} counters went");
        Assert.Equal(0, await database.QueryAsync<long>(
            "select count(*) from counters where key = any($1)",
            new[] { CounterTable.KeyOf(withDevice), CounterTable.KeyOf(new Subject(SubjectKind.Number, number.E164)) }));
        Assert.Equal(0, await database.QueryAsync<long>("select count(*) from assessments where request::text like '%' || $1 || '%'", number.E164[1..]));
        Assert.Equal((1, 1), (await database.RingsOfAsync(other), await database.QueryAsync<long>(
            "select count(*) from assessments where verification_id = $1", others.VerificationId)));
        Assert.Equal(ofMany, await OfManyAsync());

        // Again it finds nothing, and news of what was forgotten counts nothing.
        Assert.All((await subjects.EraseAsync(number, [first.VerificationId], CancellationToken.None)).Erased.Values, rows => Assert.Equal(0, rows));
        Assert.Equal(Learned.Waits, await replica.LearnAsync(
            first.VerificationId, first.VerificationId, new SessionNews.Ended(_time.GetUtcNow(), Verified: false, 0, Called: false)));
        Assert.Equal(0, await database.RingsOfAsync(number));
    }

    private Task<long> OfManyAsync() => database.QueryAsync<long>("select coalesce(sum(requests), 0) from counters where kind in (2, 3, 5, 7, 8)");

    private AssessRisk Command(PhoneNumber number)
    {
        var command = FraudDatabase.Command(number, _time.GetUtcNow(), "203.0.113.7");
        return command with { Client = command.Client with { DeviceId = "device-1" } };
    }
}
