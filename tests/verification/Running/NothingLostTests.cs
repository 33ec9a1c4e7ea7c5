using FlashCall.Contracts;
using FlashCall.Testing;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Tests.Support;
using Npgsql;
using Xunit;

namespace FlashCall.Verification.Tests.Running;

/// <summary>Peers that say nothing, messages that were left behind, deadlines of a dead replica: every session still ends.</summary>
public sealed class NothingLostTests(RunningVerification running)
{
    [Fact]
    public async Task Blocked_by_fraud_it_is_denied_with_the_reason_and_nothing_rings()
    {
        var session = await StartAsync(new Script { OnAssessRisk = Answers.Block });

        Assert.Equal(("denied", "destination_not_allowed"), (session.Text("status"), session.Text("reason")));
        Assert.Contains("Allowed: GB", session.Text("detail"), StringComparison.Ordinal);
        Assert.DoesNotContain(running.Peers.Received[session.Id()], command => command is LeaseCallerId or PlaceFlashCall);
    }

    [Fact]
    public async Task Without_a_caller_id_it_fails_with_the_reason()
    {
        var session = await StartAsync(new Script
        {
            OnLease = command => new CallerIdUnavailable
            {
                VerificationId = command.VerificationId,
                AttemptId = command.AttemptId,
                Reason = LeaseRefusal.AllRestingForCallee,
                Detail = "All resting.",
            },
        });

        Assert.Equal(("failed", "no_caller_id"), (session.Text("status"), session.Text("reason")));
    }

    [Fact]
    public async Task A_busy_phone_fails_the_session_and_gives_the_caller_id_back()
    {
        var session = await StartAsync(new Script
        {
            OnPlace = command => Answers.Ended(command.VerificationId, command.AttemptId, CallDisposition.Busy),
        });
        using var client = running.Client();
        await client.UntilAsync(session.Id(), "failed");

        var release = Assert.Single(await running.Peers.WaitForAsync<ReleaseCallerId>(session.Id()));
        Assert.Equal(LeaseOutcome.NotRung, release.Outcome);
    }

    [Fact]
    public async Task A_silent_fraud_service_ends_the_session_by_its_deadline()
    {
        var session = await StartAsync(new Script { OnAssessRisk = _ => null });
        Assert.Equal("pending", session.Text("status"));

        using var client = running.Client();
        var ended = await client.UntilAsync(session.Id(), "error");
        Assert.Equal("risk_unavailable", ended.Text("reason"));
    }

    [Fact]
    public async Task A_message_that_a_dead_process_left_behind_is_sent_by_another()
    {
        var session = Guid.CreateVersion7();
        await ExecuteAsync(
            "insert into outbox (message_id, verification_id, queue, type, body, traceparent, due_at) values ($1, $2, 'dialer', $3, $4::jsonb, null, now())",
            Guid.CreateVersion7(), session, typeof(HangUp).FullName!, $$"""{"VerificationId":"{{session}}","AttemptId":"{{session}}"}""");

        await running.Peers.WaitForAsync<HangUp>(session);
        await Eventually.ValueAsync(async () => await CountAsync("select count(*) from outbox where verification_id = $1", session) == 0 ? "gone" : null, "an empty outbox");
    }

    [Fact]
    public void A_deadline_that_a_dying_replica_had_claimed_is_handled_within_ten_seconds_all_the_same() =>
        // Twice: the replica that takes it over may die too.
        Assert.True(2 * (Deadlines.Claim + Deadlines.Poll) < TimeSpan.FromSeconds(10));

    [Fact]
    public async Task A_finished_session_leaves_its_stream_and_its_row_in_the_list()
    {
        using var client = running.Client();
        var id = (await client.StartAsync()).Id();
        await client.ReportAsync(id, new { digits = "0123" });
        await running.Peers.WaitForAsync<ReleaseCallerId>(id);

        foreach (var table in new[] { "outbox", "deadlines" })
            await Eventually.ValueAsync(async () => await CountAsync($"select count(*) from {table} where verification_id = $1", id) == 0 ? "gone" : null, $"no row in {table}");
        Assert.Equal(1, await CountAsync("select count(*) from verifications where id = $1 and status = 'verified' and ended_at is not null", id));
    }

    [Fact]
    public async Task News_that_come_twice_count_once()
    {
        using var client = running.Client();
        var session = await client.StartAsync();
        var id = session.Id();
        await client.UntilAsync(id, "ringing");
        var place = Assert.Single(await running.Peers.WaitForAsync<PlaceFlashCall>(id));
        var end = Answers.Ended(id, place.AttemptId, CallDisposition.Rang, rang: true);
        await running.Peers.TellAsync(end);
        await running.Peers.TellAsync(end);
        await running.Peers.TellAsync(Answers.Lease(id, place.AttemptId));
        await running.Peers.TellAsync(Answers.Risk(id, Verdict.Allow));

        await client.UntilAsync(id, "awaiting_report");
        await client.ReportAsync(id, new { digits = "0123" });
        await running.Peers.WaitForAsync<ReleaseCallerId>(id);
        var steps = (await client.ReadAsync(id)).GetProperty("timeline").EnumerateArray().Select(step => step.Text("step")!).ToList();
        Assert.Equal(steps.Distinct(StringComparer.Ordinal).Count(), steps.Count);
        Assert.Single(running.Peers.Received[id].OfType<PlaceFlashCall>());
        Assert.Single(running.Peers.Received[id].OfType<ReleaseCallerId>());
    }

    private async Task<System.Text.Json.JsonElement> StartAsync(Script script)
    {
        var number = ClientExtensions.FreshNumber();
        running.Peers.Scripts[number] = script;
        using var client = running.Client();
        return await client.StartAsync(number);
    }

    private async Task ExecuteAsync(string sql, params object[] parameters)
    {
        await using var command = running.Data.CreateCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        await command.ExecuteNonQueryAsync();
    }

    private async Task<long> CountAsync(string sql, object parameter)
    {
        await using var command = running.Data.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
