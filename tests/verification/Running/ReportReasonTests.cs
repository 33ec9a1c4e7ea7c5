using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Verification.Tests.Support;
using Xunit;

namespace FlashCall.Verification.Tests.Running;

/// <summary>What a client is told of a report that cannot be right, over HTTP and out of the store.</summary>
public sealed class ReportReasonTests(RunningVerification running)
{
    [Theory]
    [InlineData("""{"withheld":true}""")]
    [InlineData("""{"callerId":""}""")]
    [InlineData("""{"callerId":"anonymous","source":"intercepted"}""")]
    [InlineData("""{"callerId":"\u202A+266696687\u202C","source":"intercepted"}""")]
    public async Task A_withheld_caller_id_fails_the_session_and_stops_the_call(string body)
    {
        using var client = running.Client();
        var id = (await client.StartAsync()).Id();
        await client.UntilAsync(id, "ringing");

        var report = await client.ReportAsync(id, JsonSerializer.Deserialize<JsonElement>(body));

        Assert.Equal(("failed", "no_match", "caller_id_withheld", "caller_id_withheld"),
            (report.Text("status"), report.Text("report"), report.Text("reportReason"), report.Text("reason")));
        await running.Peers.WaitForAsync<HangUp>(id);
        var release = Assert.Single(await running.Peers.WaitForAsync<ReleaseCallerId>(id));
        Assert.Equal((LeaseOutcome.Rang, false, 0), (release.Outcome, release.Reported, release.WrongReports));
        Assert.Contains("caller_id_withheld", await StepsAsync(client, id), StringComparer.Ordinal);
    }

    [Fact]
    public async Task A_withheld_caller_id_of_a_phone_that_has_not_rung_is_not_taken()
    {
        var number = ClientExtensions.FreshNumber();
        running.Peers.Scripts[number] = new Script { OnPlace = _ => null };
        using var client = running.Client();
        var id = (await client.StartAsync(number)).Id();
        await running.Peers.WaitForAsync<PlaceFlashCall>(id);

        var report = await client.ReportAsync(id, new { withheld = true });

        Assert.Equal("nothing_to_report_yet", report.Text("code"));
        Assert.Equal(3, (await client.ReadAsync(id)).GetProperty("reportsLeft").GetInt32());
    }

    [Fact]
    public async Task A_rewritten_caller_id_counts_and_is_told_from_a_wrong_one()
    {
        using var client = running.Client();
        var id = (await client.StartAsync()).Id();
        await client.UntilAsync(id, "ringing");

        var rewritten = await client.ReportAsync(id, new { callerId = "+46812345678", source = "intercepted" });
        var wrong = await client.ReportAsync(id, new { callerId = "020 7946 9999" });
        var right = await client.ReportAsync(id, new { callerId = "020 7946 0123" });

        Assert.Equal(("no_match", "caller_id_rewritten", 2),
            (rewritten.Text("report"), rewritten.Text("reportReason"), rewritten.GetProperty("reportsLeft").GetInt32()));
        Assert.Equal(("no_match", 1), (wrong.Text("report"), wrong.GetProperty("reportsLeft").GetInt32()));
        Assert.False(wrong.TryGetProperty("reportReason", out _));
        Assert.Equal("verified", right.Text("status"));
        Assert.False(right.TryGetProperty("reportReason", out _));
        var details = (await client.ReadAsync(id)).GetProperty("timeline").EnumerateArray()
            .Where(step => step.Text("step") == "reported").Select(step => step.Text("detail"));
        Assert.Equal(["no match, caller_id_rewritten", "no match", "match"], details);
        var release = Assert.Single(await running.Peers.WaitForAsync<ReleaseCallerId>(id));
        Assert.Equal((LeaseOutcome.Verified, true, 2), (release.Outcome, release.Reported, release.WrongReports));
    }

    [Fact]
    public async Task Where_the_pool_offers_no_digits_the_whole_number_is_asked_for()
    {
        var number = ClientExtensions.FreshNumber();
        running.Peers.Scripts[number] = new Script { OnLease = command => Answers.Lease(command) with { EnterDigits = null } };
        using var client = running.Client();
        var id = (await client.StartAsync(number)).Id();
        var ringing = await client.UntilAsync(id, "ringing");

        Assert.False(ringing.GetProperty("flashCall").TryGetProperty("enterDigits", out _));
        var digits = await client.ReportAsync(id, new { digits = "0123" });
        Assert.Equal((422, "whole_number_needed"), (digits.GetProperty("status").GetInt32(), digits.Text("code")));
        Assert.Equal("verified", (await client.ReportAsync(id, new { callerId = "020 7946 0123" })).Text("status"));
    }

    [Fact]
    public async Task A_floor_that_the_pool_cannot_hold_fails_the_session_without_a_word_of_the_pool()
    {
        var number = ClientExtensions.FreshNumber();
        running.Peers.Scripts[number] = new Script
        {
            OnLease = command => new CallerIdUnavailable
            {
                VerificationId = command.VerificationId,
                AttemptId = command.AttemptId,
                Reason = LeaseRefusal.BelowFloor,
                Detail = "950 numbers are missing.",
                MissingNumbers = 950,
            },
        };
        using var client = running.Client();

        var session = await client.StartAsync(number);

        Assert.Equal(("failed", "pool_too_small"), (session.Text("status"), session.Text("reason")));
        Assert.DoesNotContain("950", (await client.ReadAsync(session.Id())).ToString(), StringComparison.Ordinal);
    }

    private static async Task<IEnumerable<string>> StepsAsync(HttpClient client, Guid id) =>
        (await client.ReadAsync(id)).GetProperty("timeline").EnumerateArray().Select(step => step.Text("step")!);
}
