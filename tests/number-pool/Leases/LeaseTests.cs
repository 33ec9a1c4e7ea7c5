using FlashCall.Contracts;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.NumberPool.Tests.Leases;

public sealed class LeaseTests(PoolDatabase database) : IClassFixture<PoolDatabase>
{
    private const string OnlyNumber = "+442079460001";
    private static readonly TimeSpan Rest = TimeSpan.FromHours(24);
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero).AddTicks(1234567));

    [Fact]
    public async Task A_lease_says_what_the_session_needs()
    {
        var pool = await OpenAsync("+44207946xxxx");
        var command = Command();
        var lease = await pool.LeaseAsync(command);
        var message = Assert.IsType<CallerIdLeased>(lease.ToMessage(command));
        Assert.StartsWith("+44207946", message.CallerId.E164, StringComparison.Ordinal);
        Assert.Equal((command.VerificationId, command.AttemptId, lease.LeaseId),
            (message.VerificationId, message.AttemptId, message.LeaseId));
        Assert.Equal(("trunk", "+44207946", 10_000), (message.Trunk, message.DisclosedPrefix, message.Candidates));
        Assert.Equal(4, message.EnterDigits);
        Assert.Equal(_time.GetUtcNow(), message.LeasedAt, TimeSpan.FromMicroseconds(1));
        Assert.Equal(command.ExpiresAt, message.ExpiresAt, TimeSpan.FromMicroseconds(1));
    }

    [Fact]
    public async Task A_repeat_gets_the_same_answer_whatever_has_happened_since()
    {
        var pool = await OpenAsync("+44207946xxxx");
        var command = Command();
        var first = await pool.LeaseAsync(command);
        Assert.Equal(first, await pool.LeaseAsync(command));
        await pool.ReleaseAsync(command, first.LeaseId, LeaseOutcome.NotRung);
        Assert.Equal(first, await pool.LeaseAsync(command));
        await new PoolContents([]).WriteAsync(database.Data);
        Assert.Equal(first, await pool.LeaseAsync(command));
    }

    [Fact]
    public async Task A_refusal_stays_one_though_a_number_is_free_again()
    {
        var pool = await OpenAsync(OnlyNumber);
        var (first, second) = (Command(), default(LeaseCallerId));
        var lease = await pool.LeaseAsync(first);
        second = Command(first.Callee);
        var refusal = await pool.LeaseInVainAsync(second);
        await pool.ReleaseAsync(first, lease.LeaseId, LeaseOutcome.NotRung);
        Assert.Equal(refusal, await pool.LeaseInVainAsync(second));
        await pool.LeaseAsync(Command(first.Callee));
    }

    [Fact]
    public async Task When_all_numbers_rest_for_the_callee_the_refusal_says_so()
    {
        var pool = await OpenAsync(OnlyNumber);
        var command = Command();
        await pool.LeaseAsync(command);
        var refusal = await pool.LeaseInVainAsync(Command(command.Callee));
        Assert.Equal(LeaseRefusal.AllRestingForCallee, refusal.Reason);
        Assert.Contains("NumberPool:RestPeriod", refusal.Detail, StringComparison.Ordinal);
        await pool.LeaseAsync(Command());
    }

    [Fact]
    public async Task An_empty_pool_says_what_to_do()
    {
        var refusal = await (await OpenAsync()).LeaseInVainAsync(Command());
        Assert.Equal(LeaseRefusal.NoNumbers, refusal.Reason);
        Assert.Contains("Import numbers", refusal.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LeaseOutcome.Rang)]
    [InlineData(LeaseOutcome.Verified)]
    public async Task What_rang_rests_from_its_release_on(LeaseOutcome outcome)
    {
        var pool = await OpenAsync(OnlyNumber);
        var command = Command();
        var lease = await pool.LeaseAsync(command);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(await pool.ReleaseAsync(command, lease.LeaseId, outcome));
        _time.Advance(Rest - TimeSpan.FromTicks(10));
        await pool.LeaseInVainAsync(Command(command.Callee));
        _time.Advance(TimeSpan.FromTicks(10));
        await pool.LeaseAsync(Command(command.Callee));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_may_have_rung_rests_from_the_end_of_its_lease_on(bool released)
    {
        var pool = await OpenAsync(OnlyNumber);
        var command = Command();
        var lease = await pool.LeaseAsync(command);
        _time.Advance(TimeSpan.FromMinutes(1));
        if (released)
            Assert.True(await pool.ReleaseAsync(command, lease.LeaseId, LeaseOutcome.Unknown));
        _time.Advance(lease.ExpiresAt + Rest - TimeSpan.FromTicks(10) - _time.GetUtcNow());
        await pool.LeaseInVainAsync(Command(command.Callee));
        _time.Advance(TimeSpan.FromTicks(20));
        await pool.LeaseAsync(Command(command.Callee));
    }

    [Fact]
    public async Task What_never_rang_is_free_at_once()
    {
        var pool = await OpenAsync(OnlyNumber);
        var command = Command();
        var lease = await pool.LeaseAsync(command);
        Assert.True(await pool.ReleaseAsync(command, lease.LeaseId, LeaseOutcome.NotRung));
        await pool.LeaseAsync(Command(command.Callee));
    }

    [Fact]
    public async Task A_late_release_of_an_older_lease_leaves_the_newer_one_alone()
    {
        var pool = await OpenAsync(OnlyNumber);
        var (older, newer) = (Command(), default(LeaseCallerId));
        var olderLease = await pool.LeaseAsync(older);
        await pool.ReleaseAsync(older, olderLease.LeaseId, LeaseOutcome.NotRung);
        newer = Command(older.Callee);
        var newerLease = await pool.LeaseAsync(newer);
        Assert.False(await pool.ReleaseAsync(older, olderLease.LeaseId, LeaseOutcome.NotRung));
        Assert.False(await pool.ReleaseAsync(newer, olderLease.LeaseId, LeaseOutcome.NotRung));
        await pool.LeaseInVainAsync(Command(older.Callee));
        Assert.True(await pool.ReleaseAsync(newer, newerLease.LeaseId, LeaseOutcome.Rang));
    }

    [Fact]
    public async Task The_first_release_counts()
    {
        var pool = await OpenAsync(OnlyNumber);
        var command = Command();
        var lease = await pool.LeaseAsync(command);
        Assert.True(await pool.ReleaseAsync(command, lease.LeaseId, LeaseOutcome.Rang));
        Assert.False(await pool.ReleaseAsync(command, lease.LeaseId, LeaseOutcome.NotRung));
        await pool.LeaseInVainAsync(Command(command.Callee));
    }

    [Fact]
    public async Task A_release_after_expiry_does_nothing()
    {
        var pool = await OpenAsync(OnlyNumber);
        var command = Command();
        var lease = await pool.LeaseAsync(command);
        _time.Advance(TimeSpan.FromMinutes(6));
        Assert.False(await pool.ReleaseAsync(command, lease.LeaseId, LeaseOutcome.NotRung));
        await pool.LeaseInVainAsync(Command(command.Callee));
    }

    [Fact]
    public async Task A_command_after_its_own_end_gets_no_lease()
    {
        var pool = await OpenAsync(OnlyNumber);
        var command = Command();
        _time.Advance(TimeSpan.FromMinutes(6));
        Assert.Null(await pool.Leases.LeaseAsync(command, default));
        Assert.Equal(0, await database.CountRowsAsync(command.AttemptId));
    }

    [Fact]
    public async Task A_phone_is_not_rung_from_its_own_number()
    {
        var pool = await OpenAsync("+46701740605", "+46701740606");
        var lease = await pool.LeaseAsync(Command(PhoneNumber.Parse("+46701740605")));
        Assert.Equal(("+46701740606", 1), (lease.CallerId.E164, lease.Candidates));
    }

    [Theory]
    [InlineData("session")]
    [InlineData("attempt")]
    [InlineData("expiry")]
    [InlineData("callee")]
    [InlineData("no floor")]
    [InlineData("floor")]
    [InlineData("wanted")]
    [InlineData("client")]
    public async Task A_command_that_makes_no_sense_is_refused(string part)
    {
        var command = Command();
        command = part switch
        {
            "session" => command with { VerificationId = Guid.Empty },
            "attempt" => command with { AttemptId = Guid.Empty },
            "callee" => command with { Callee = PhoneNumber.Erased },
            "no floor" => command with { MinCandidates = 0 },
            "floor" => command with { MinCandidates = 10_000_001, WantedCandidates = 10_000_001 },
            "wanted" => command with { MinCandidates = 11, WantedCandidates = 10 },
            "client" => command with { Client = new string('k', 65) },
            _ => command with { ExpiresAt = DateTimeOffset.MaxValue },
        };
        var pool = await OpenAsync(OnlyNumber);
        await Assert.ThrowsAsync<ArgumentException>(() => pool.Leases.LeaseAsync(command, default));
        Assert.Equal(0, await database.CountRowsAsync(command.AttemptId));
    }

    [Fact]
    public async Task Rows_are_deleted_when_their_time_is_over_and_not_before()
    {
        // A clock far behind the other tests', so that the sweep finds this test's rows alone.
        var time = new FakeTimeProvider(new DateTimeOffset(2001, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await database.FillAsync(OnlyNumber);
        var pool = database.Open(time, Rest);
        LeaseCallerId NewCommand(PhoneNumber? callee = null) =>
            PoolDatabase.Command(callee ?? PoolDatabase.NewCallee(), time.GetUtcNow().AddMinutes(5));
        var (rang, notRung) = (NewCommand(), NewCommand());
        var refused = NewCommand(rang.Callee);
        await pool.ReleaseAsync(rang, (await pool.LeaseAsync(rang)).LeaseId, LeaseOutcome.Rang);
        await pool.ReleaseAsync(notRung, (await pool.LeaseAsync(notRung)).LeaseId, LeaseOutcome.NotRung);
        await pool.LeaseInVainAsync(refused);

        Assert.Equal(0, await pool.SweepAsync());
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(2, await pool.SweepAsync());
        Assert.Equal(1, await database.CountRowsAsync(rang.AttemptId));
        time.Advance(Rest);
        Assert.Equal(1, await pool.SweepAsync());
        Assert.Equal(0, await database.CountRowsAsync(rang.AttemptId));
    }

    private async Task<PoolDatabase.Replica> OpenAsync(params string[] patterns)
    {
        await database.FillAsync(patterns);
        return database.Open(_time, Rest);
    }

    private LeaseCallerId Command(PhoneNumber? callee = null) =>
        PoolDatabase.Command(callee ?? PoolDatabase.NewCallee(), _time.GetUtcNow().AddMinutes(5));
}
