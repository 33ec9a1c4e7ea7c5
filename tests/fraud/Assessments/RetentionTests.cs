using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;
using FlashCall.Fraud.Storage;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.Fraud.Tests.Assessments;

/// <summary>The database of these tests has no other rows: what is swept is theirs.</summary>
public sealed class RetentionTests(FraudDatabase database) : IClassFixture<FraudDatabase>
{
    [Fact]
    public async Task What_no_window_reaches_is_forgotten_and_not_before()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));
        var replica = await database.OpenAsync(time, Documents.Quiet);
        var command = FraudDatabase.Command(FraudDatabase.NewNumber(), time.GetUtcNow(), FraudDatabase.NewNetwork() + ".1");
        await replica.AssessAsync(command);
        await replica.LearnAsync(
            command.VerificationId, command.VerificationId, new SessionNews.Ended(time.GetUtcNow(), Verified: true, 0, Called: true));
        var early = Guid.CreateVersion7();
        Assert.Equal(Learned.Waits, await replica.LearnAsync(
            early, early, new SessionNews.Ended(time.GetUtcNow(), Verified: true, 0, Called: true)));
        var counters = await CountAsync("counters");
        Assert.True(counters > 0);

        time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(0, await replica.OldCounters.SweepAsync(default));
        time.Advance(TimeSpan.FromSeconds(5));
        var ofMinutes = await replica.OldCounters.SweepAsync(default);
        Assert.InRange(ofMinutes, 1, counters - 1);

        time.Advance(TimeSpan.FromDays(1) - TimeSpan.FromSeconds(605));
        Assert.Equal(0, await replica.OldSessions.SweepAsync(default));
        Assert.Equal((1, 2), (await CountAsync("assessments"), await CountAsync("outcomes")));
        time.Advance(TimeSpan.FromSeconds(900));
        await replica.OldCounters.SweepAsync(default);
        await replica.OldSessions.SweepAsync(default);
        Assert.Equal((0, 0), (await CountAsync("assessments"), await CountAsync("outcomes")));
        Assert.Equal(0, await database.QueryAsync<long>(
            "select count(*) from counters where kind in (1, 4, 6, 9)"));
    }

    [Fact]
    public async Task A_block_is_forgotten_when_the_policy_forgets_it()
    {
        // Before all that the other test does, so that it does not find this test's rows.
        var time = new FakeTimeProvider(new DateTimeOffset(2001, 5, 1, 12, 0, 0, TimeSpan.Zero));
        var replica = await database.OpenAsync(time, Documents.Quiet);
        await database.QueryAsync<int>("""
            insert into blocks (kind, subject, id, reason, raised_at, until, level)
            values (2, '+46701', gen_random_uuid(), 'by_hand', $1, $1, 1) returning level
            """, time.GetUtcNow().UtcDateTime);
        time.Advance(TimeSpan.FromSeconds(replica.Policy.Document.Blocks.MemorySeconds));
        Assert.Equal(0, await replica.OldStanding.SweepAsync(default));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, await replica.OldStanding.SweepAsync(default));
    }

    [Fact]
    public void People_s_counters_go_with_the_longest_window_that_reads_them()
    {
        var now = new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
        var ages = Retention.CountersAt(new Policy(new PolicyDocument(), 1), now).ToDictionary(
            age => (age.Kind, age.GrainSeconds), age => now - DateTimeOffset.FromUnixTimeSeconds(age.Before * age.GrainSeconds));
        Assert.All([SubjectKind.Number, SubjectKind.Address, SubjectKind.Device], kind => Assert.All([5, 60, 900, 21_600], grain =>
            Assert.True(ages[(kind, grain)] <= TimeSpan.FromDays(2), $"{kind} in grains of {grain} s is kept for {ages[(kind, grain)]}.")));
        Assert.Equal(TimeSpan.FromDays(1), ages[(SubjectKind.Number, 900)]);
        Assert.True(ages[(SubjectKind.Destination, 21_600)] >= TimeSpan.FromDays(14));
    }

    private Task<long> CountAsync(string table) => database.QueryAsync<long>($"select count(*) from {table}");
}
