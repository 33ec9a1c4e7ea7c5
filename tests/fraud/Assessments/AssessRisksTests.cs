using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Fraud.Assessments;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.Fraud.Tests.Assessments;

public sealed class AssessRisksTests(FraudDatabase database) : IClassFixture<FraudDatabase>
{
    private static readonly TimeSpan TenMinutes = TimeSpan.FromMinutes(10);
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task An_answer_says_what_was_found_and_by_which_policy()
    {
        var policy = Samples.Policy();
        var command = Command(PhoneNumber.Parse("+445612345678"));
        var answer = await database.Open(_time, policy).AssessAsync(command);
        Assert.Equal((command.VerificationId, Verdict.Allow, 40, LineType.Voip, policy.Version, _time.GetUtcNow()),
            (answer.VerificationId, answer.Verdict, answer.Score, answer.LineType, answer.PolicyVersion, answer.AssessedAt));
        Assert.Equal("line_type_voip", Assert.Single(answer.Factors).Code);
    }

    [Fact]
    public async Task The_sixth_request_in_ten_minutes_is_blocked_and_passes_when_the_window_has_slid()
    {
        var replica = database.Open(_time, Samples.Policy());
        var number = FraudDatabase.NewNumber();
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(Verdict.Allow, (await replica.AssessAsync(Command(number))).Verdict);
            _time.Advance(TimeSpan.FromMinutes(1));
        }
        var blocked = await replica.AssessAsync(Command(number));
        Assert.Equal((Verdict.Block, "number_velocity"), (blocked.Verdict, Assert.Single(blocked.Factors).Code));
        // Ten minutes after the first: it has just left the window.
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(Verdict.Allow, (await replica.AssessAsync(Command(number))).Verdict);
        Assert.Equal(Verdict.Block, (await replica.AssessAsync(Command(number))).Verdict);
    }

    /// <summary>PostgreSQL keeps microseconds: the window's edge is exact to one.</summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    public async Task The_window_ends_exactly_its_length_before_the_request(int microsecondsInside, long counted)
    {
        var policy = Samples.Policy(limits: [new(VelocitySubject.Number, 5, TenMinutes)]);
        var replica = database.Open(_time, policy);
        var number = FraudDatabase.NewNumber();
        var now = _time.GetUtcNow();
        await RecordAsync(replica, number, now - TenMinutes + TimeSpan.FromMicroseconds(microsecondsInside));
        Assert.Equal(counted, await RecordAsync(replica, number, now));
    }

    [Fact]
    public async Task Velocity_is_counted_at_the_time_of_the_request_not_of_its_handling()
    {
        var policy = Samples.Policy(limits: [new(VelocitySubject.Number, 5, TenMinutes)]);
        var replica = database.Open(_time, policy);
        var number = FraudDatabase.NewNumber();
        var now = _time.GetUtcNow();
        await RecordAsync(replica, number, now);
        Assert.Equal(1, await RecordAsync(replica, number, now));
        // This one was started before those and comes late: they are not before it, and it is before the next.
        Assert.Equal(0, await RecordAsync(replica, number, now - TimeSpan.FromMinutes(1)));
        Assert.Equal(3, await RecordAsync(replica, number, now));
    }

    [Fact]
    public async Task What_was_blocked_does_not_count_against_the_number()
    {
        var replica = database.Open(_time, Samples.Policy(["GB"], new() { ["nordic"] = ["SE"] }));
        var number = FraudDatabase.NewNumber();
        for (var i = 0; i < 6; i++)
            Assert.Equal("destination_not_allowed", Assert.Single((await replica.AssessAsync(Command(number))).Factors).Code);
        Assert.Equal(Verdict.Allow, (await replica.AssessAsync(Command(number) with { ApplicationId = "nordic" })).Verdict);
    }

    [Fact]
    public async Task An_address_and_its_network_are_counted_over_all_numbers_and_verdicts()
    {
        VelocityLimit address = new(VelocitySubject.Address, 3, TenMinutes), network = new(VelocitySubject.Network, 6, TenMinutes);
        var replica = database.Open(_time, Samples.Policy(["GB"], new() { ["nordic"] = ["SE"] }, [address, network]));
        var (one, other) = (FraudDatabase.NewNetwork(), FraudDatabase.NewNetwork());
        for (var i = 0; i < 3; i++)
            await replica.AssessAsync(Command(FraudDatabase.NewNumber(), one + ".1"));

        Task<RiskAssessed> AskAsync(string? ip) =>
            replica.AssessAsync(Command(FraudDatabase.NewNumber(), ip) with { ApplicationId = "nordic" });
        Assert.Equal(Verdict.Challenge, (await AskAsync(one + ".1")).Verdict);
        Assert.Equal(Verdict.Allow, (await AskAsync(one + ".2")).Verdict);
        Assert.Equal(Verdict.Allow, (await AskAsync(one + ".3")).Verdict);
        var byNetwork = await AskAsync(one + ".4");
        Assert.Equal((Verdict.Challenge, "address_velocity"), (byNetwork.Verdict, Assert.Single(byNetwork.Factors).Code));
        Assert.Contains("network", byNetwork.Factors[0].Detail, StringComparison.Ordinal);
        Assert.Equal(Verdict.Allow, (await AskAsync(other + ".1")).Verdict);
        Assert.Equal(Verdict.Allow, (await AskAsync(null)).Verdict);
        Assert.Equal(Verdict.Allow, (await AskAsync("10.0.0.1")).Verdict);
    }

    [Fact]
    public async Task A_subscriber_with_ipv6_is_one_address_however_many_it_uses()
    {
        var replica = database.Open(_time, Samples.Policy(limits: [new(VelocitySubject.Address, 2, TenMinutes)]));
        for (var i = 0; i < 2; i++)
            await replica.AssessAsync(Command(FraudDatabase.NewNumber(), $"2001:db8:0:1:{i:x}::{i:x}"));
        Assert.Equal(Verdict.Challenge, (await replica.AssessAsync(Command(FraudDatabase.NewNumber(), "2001:db8:0:1:ffff::1"))).Verdict);
        Assert.Equal(Verdict.Allow, (await replica.AssessAsync(Command(FraudDatabase.NewNumber(), "2001:db8:0:2::1"))).Verdict);
    }

    [Fact]
    public async Task A_repeat_gets_the_very_same_answer_and_counts_once()
    {
        var number = FraudDatabase.NewNumber();
        var command = Command(number);
        var first = await database.Open(_time, Samples.Policy()).AssessAsync(command);
        _time.Advance(TimeSpan.FromMinutes(1));
        // Meanwhile the policy has changed and the service was started again.
        var changed = database.Open(_time, Samples.Policy([], limits: [new(VelocitySubject.Number, 5, TenMinutes)]));
        Assert.Equal(JsonSerializer.Serialize(first), JsonSerializer.Serialize(await changed.AssessAsync(command)));
        Assert.Equal(1, await RecordAsync(changed, number, _time.GetUtcNow()));
    }

    [Fact]
    public async Task A_request_that_was_counted_but_not_answered_is_answered_when_it_comes_again()
    {
        var policy = Samples.Policy(limits: [new(VelocitySubject.Number, 1, TenMinutes)]);
        var replica = database.Open(_time, policy);
        var command = Command(FraudDatabase.NewNumber());
        await replica.Store.RecordAsync(command.VerificationId, command.To, null, command.RequestedAt, default);
        Assert.Equal(Verdict.Allow, (await replica.AssessAsync(command)).Verdict);
    }

    [Fact]
    public async Task Counting_stops_at_twice_the_limit()
    {
        var replica = database.Open(_time, Samples.Policy(limits: [new(VelocitySubject.Number, 2, TenMinutes)]));
        var number = FraudDatabase.NewNumber();
        var counts = new List<long>();
        for (var i = 0; i < 7; i++)
            counts.Add(await RecordAsync(replica, number, _time.GetUtcNow()));
        Assert.Equal([0, 1, 2, 3, 4, 4, 4], counts);
    }

    [Fact]
    public async Task Each_window_is_an_index_range()
    {
        // Few rows: the planner would read the whole table, so it is told not to; without a fitting index it still would.
        var plan = await database.QueryAsync<string>("""
            set enable_seqscan = off;
            create temp table plans (line text);
            do $$ declare line text; begin
                for line in explain select from requests where number = '+46700000000' and rings
                    and requested_at > now() and requested_at <= now() limit 10 loop insert into plans values (line); end loop;
                for line in explain select from requests where address = '203.0.113.7'
                    and requested_at > now() and requested_at <= now() limit 10 loop insert into plans values (line); end loop;
                for line in explain select from requests where network = '203.0.113.0/24'
                    and requested_at > now() and requested_at <= now() limit 10 loop insert into plans values (line); end loop;
            end $$;
            select string_agg(line, E'\n') from plans;
            """);
        Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
        Assert.All(["requests_number", "requests_address", "requests_network"],
            index => Assert.Contains(index, plan, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("session")]
    [InlineData("application")]
    [InlineData("time")]
    [InlineData("address")]
    [InlineData("number")]
    public async Task A_command_that_makes_no_sense_is_refused_and_not_counted(string part)
    {
        var command = Command(FraudDatabase.NewNumber());
        command = part switch
        {
            "session" => command with { VerificationId = Guid.Empty },
            "application" => command with { ApplicationId = " " },
            "time" => command with { RequestedAt = _time.GetUtcNow().AddMinutes(6) },
            "address" => command with { Client = new ClientContext { Ip = "somewhere" } },
            _ => command with { To = JsonSerializer.Deserialize<PhoneNumber>("\"+99912345678\"")! },
        };
        var exception = await Assert.ThrowsAsync<ArgumentException>(() => database.Open(_time, Samples.Policy()).AssessAsync(command));
        Assert.DoesNotContain(command.To.E164, exception.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, await database.QueryAsync<long>(
            "select count(*) from requests where verification_id = $1", command.VerificationId));
    }

    [Fact]
    public async Task Requests_are_forgotten_when_no_window_reaches_them_and_not_before()
    {
        // A clock far behind the other tests', so that the sweep finds this test's row alone.
        var time = new FakeTimeProvider(new DateTimeOffset(2001, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var replica = database.Open(time, Samples.Policy());
        await replica.AssessAsync(FraudDatabase.Command(FraudDatabase.NewNumber(), time.GetUtcNow()));
        time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(0, await replica.OldRequests.SweepAsync(default));
        time.Advance(TimeSpan.FromMicroseconds(1));
        Assert.Equal(1, await replica.OldRequests.SweepAsync(default));
    }

    private static async Task<long> RecordAsync(FraudDatabase.Replica replica, PhoneNumber number, DateTimeOffset requestedAt)
    {
        var (_, counters) = await replica.Store.RecordAsync(
            Guid.CreateVersion7(), number, null, requestedAt, TestContext.Current.CancellationToken);
        return counters[replica.Policy.Limits.Single()];
    }

    private AssessRisk Command(PhoneNumber number, string? ip = null) => FraudDatabase.Command(number, _time.GetUtcNow(), ip);
}
