using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;
using FlashCall.Fraud.Storage;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.Fraud.Tests.Assessments;

public sealed class AssessRisksTests(FraudDatabase database) : IClassFixture<FraudDatabase>
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task An_answer_says_what_was_found_and_by_which_policy()
    {
        var replica = await database.OpenAsync(_time, Documents.Quiet);
        var command = Command(PhoneNumber.Parse("+445612345678"));
        var answer = await replica.AssessAsync(command);
        Assert.Equal((command.VerificationId, Verdict.Allow, 40, LineType.Voip, replica.Policy.Version, _time.GetUtcNow()),
            (answer.VerificationId, answer.Verdict, answer.Score, answer.LineType, answer.PolicyVersion, answer.AssessedAt));
        Assert.Equal("line_type_voip", Assert.Single(answer.Factors).Code);
    }

    [Fact]
    public async Task The_sixth_request_in_ten_minutes_is_blocked_and_passes_when_the_window_has_slid()
    {
        var replica = await database.OpenAsync(_time, Documents.Quiet);
        var number = FraudDatabase.NewNumber();
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(Verdict.Allow, (await replica.AssessAsync(Command(number))).Verdict);
            _time.Advance(TimeSpan.FromMinutes(1));
        }
        var blocked = await replica.AssessAsync(Command(number));
        Assert.Equal((Verdict.Block, "number_velocity"), (blocked.Verdict, Assert.Single(blocked.Factors).Code));
        // Ten minutes and a bucket after the first: it has just left the window.
        _time.Advance(TimeSpan.FromSeconds(305));
        Assert.Equal(Verdict.Allow, (await replica.AssessAsync(Command(number))).Verdict);
        Assert.Equal(Verdict.Block, (await replica.AssessAsync(Command(number))).Verdict);
    }

    [Fact]
    public async Task What_was_blocked_does_not_count_against_the_number()
    {
        var abroad = await database.OpenAsync(_time, Documents.With(["GB"]));
        var number = FraudDatabase.NewNumber();
        for (var i = 0; i < 6; i++)
            Assert.Equal("destination_not_allowed", Assert.Single((await abroad.AssessAsync(Command(number))).Factors).Code);
        var replica = await database.OpenAsync(_time, Documents.Quiet);
        Assert.Equal(Verdict.Allow, (await replica.AssessAsync(Command(number))).Verdict);
    }

    [Fact]
    public async Task A_session_that_ended_without_a_call_does_not_count_against_the_number()
    {
        var replica = await database.OpenAsync(_time, Documents.Quiet);
        var number = FraudDatabase.NewNumber();
        for (var i = 0; i < 6; i++)
        {
            var command = Command(number);
            Assert.Equal(Verdict.Allow, (await replica.AssessAsync(command)).Verdict);
            Assert.Equal(Learned.Now, await replica.LearnAsync(
                command.VerificationId, command.VerificationId, new SessionNews.Ended(_time.GetUtcNow(), false, 0, Called: false)));
        }
    }

    [Fact]
    public async Task An_address_and_its_network_are_counted_over_all_numbers_and_verdicts()
    {
        VelocityLimit[] limits = [new(SubjectKind.Address, 3, 600), new(SubjectKind.Network, 6, 600)];
        var abroad = await database.OpenAsync(_time, Documents.With(["GB"], limits));
        var replica = await database.OpenAsync(_time, Documents.With(["SE"], limits));
        var (one, other) = (FraudDatabase.NewNetwork(), FraudDatabase.NewNetwork());
        for (var i = 0; i < 3; i++)
            await abroad.AssessAsync(Command(FraudDatabase.NewNumber(), one + ".1"));

        Task<RiskAssessed> AskAsync(string? ip) => replica.AssessAsync(Command(FraudDatabase.NewNumber(), ip));
        Assert.Equal(Verdict.Challenge, (await AskAsync(one + ".1")).Verdict);
        Assert.Equal(Verdict.Allow, (await AskAsync(one + ".2")).Verdict);
        Assert.Equal(Verdict.Allow, (await AskAsync(one + ".3")).Verdict);
        var byNetwork = await AskAsync(one + ".4");
        Assert.Equal((Verdict.Challenge, "network_velocity"), (byNetwork.Verdict, Assert.Single(byNetwork.Factors).Code));
        Assert.Equal(Verdict.Allow, (await AskAsync(other + ".1")).Verdict);
        Assert.Equal(Verdict.Allow, (await AskAsync(null)).Verdict);
        Assert.Equal(Verdict.Allow, (await AskAsync("10.0.0.1")).Verdict);
    }

    [Fact]
    public async Task A_subscriber_with_ipv6_is_one_address_however_many_it_uses()
    {
        var replica = await database.OpenAsync(_time, Documents.With(limits: new VelocityLimit(SubjectKind.Address, 2, 600)));
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
        var first = await (await database.OpenAsync(_time, Documents.Quiet)).AssessAsync(command);
        _time.Advance(TimeSpan.FromMinutes(1));
        // Meanwhile the policy has changed and the service was started again.
        var changed = await database.OpenAsync(_time, Documents.With([]));
        Assert.Equal(JsonSerializer.Serialize(first), JsonSerializer.Serialize(await changed.AssessAsync(command)));
        Assert.Equal(1, await database.RingsOfAsync(number));
    }

    [Fact]
    public async Task An_anomaly_blocks_its_prefix_for_who_comes_next_and_is_told_of_once()
    {
        var document = Documents.Quiet with { Conversion = new ConversionSettings { LeastRequests = 5 } };
        var replica = await database.OpenAsync(_time, document);
        Task<RiskAssessed> AskAsync(int i) => replica.AssessAsync(Command(PhoneNumber.Parse($"+467655{i:000}00")));
        for (var i = 0; i < 25; i++)
            Assert.Equal(Verdict.Allow, (await AskAsync(i)).Verdict);
        _time.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal("prefix_conversion", (await AskAsync(50)).Factors[0].Code);
        var blocked = await AskAsync(51);
        Assert.Equal((Verdict.Block, "blocked"), (blocked.Verdict, blocked.Factors[0].Code));
        Assert.Equal(2, await database.QueryAsync<long>("""
            select count(*) from block_news join blocks on blocks.id = block_id where subject like '+467655%'
            """));
    }

    [Fact]
    public async Task What_is_read_and_what_is_swept_is_an_index_range()
    {
        // Few rows: the planner would read the whole table, so it is told not to; without a fitting index it still would.
        var plan = await database.QueryAsync<string>("""
            set enable_seqscan = off;
            create temp table plans (line text);
            do $$ declare line text; begin
                for line in explain select sum(rings) from counters where key = '01990000-0000-7000-8000-000000000001' and grain = 5 and bucket between 1 and 9
                    loop insert into plans values (line); end loop;
                for line in explain select ctid from counters where kind = 1 and grain = 5 and bucket < 9 limit 9
                    loop insert into plans values (line); end loop;
                for line in explain select from assessments where requested_at < now() order by requested_at limit 9
                    loop insert into plans values (line); end loop;
                for line in explain select from outcomes where at < now() order by at limit 9
                    loop insert into plans values (line); end loop;
            end $$;
            select string_agg(line, E'\n') from plans;
            """);
        Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
        Assert.All(["counters_pkey", "counters_age", "assessments_requested_at", "outcomes_at"],
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
        var replica = await database.OpenAsync(_time, Documents.Quiet);
        var exception = await Assert.ThrowsAsync<ArgumentException>(() => replica.AssessAsync(command));
        Assert.DoesNotContain(command.To.E164, exception.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, await database.QueryAsync<long>(
            "select count(*) from assessments where verification_id = $1", command.VerificationId));
    }

    private AssessRisk Command(PhoneNumber number, string? ip = null) => FraudDatabase.Command(number, _time.GetUtcNow(), ip);
}
