using System.Net.Http.Json;
using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Verification.Tests.Support;
using Xunit;

namespace FlashCall.Verification.Tests.Running;

/// <summary>Two replicas on one database and one broker behave as one service.</summary>
public sealed class ReplicaTests(RunningVerification running)
{
    [Fact]
    public async Task Any_replica_answers_a_start_with_the_prefix_whichever_handled_the_steps()
    {
        // With two replicas on one queue, about half of the steps are handled by the one that does not hold the request. One start at a
        // time: how many the machine can do at once within the second that an answer may take is no matter here, nor how long the first
        // take, which wait for the compiler.
        const int First = 4;
        for (var start = 0; start < First + 12; start++)
        {
            using var client = running.Client(replica: start % 2);
            var answer = await client.StartAsync();
            if (start >= First)
                Assert.Equal("+44207946", answer.GetProperty("flashCall").Text("callerIdPrefix"));
        }
    }

    [Fact]
    public async Task A_session_started_at_one_replica_is_reported_at_the_other()
    {
        using var one = running.Client(replica: 0);
        using var other = running.Client(replica: 1);
        var id = (await one.StartAsync()).Id();
        await one.UntilAsync(id, "ringing");

        Assert.Equal("no_match", (await other.ReportAsync(id, new { digits = "9999" })).Text("report"));
        Assert.Equal("verified", (await other.ReportAsync(id, new { digits = "0123" })).Text("status"));
        Assert.Equal("verified", (await one.ReadAsync(id)).Text("status"));
    }

    [Fact]
    public async Task A_newer_session_for_the_same_number_supersedes_the_older()
    {
        using var client = running.Client();
        var number = ClientExtensions.FreshNumber();
        var older = (await client.StartAsync(number)).Id();
        var newer = (await client.StartAsync(number)).Id();

        Assert.Equal("superseded", (await client.ReadAsync(older)).Text("status"));
        await client.UntilAsync(newer, "ringing");
        await running.Peers.WaitForAsync<HangUp>(older);
    }

    [Fact]
    public async Task Another_application_may_verify_the_same_number()
    {
        using var one = running.Client("one");
        using var other = running.Client("other");
        var number = ClientExtensions.FreshNumber();
        var first = (await one.StartAsync(number)).Id();
        await other.StartAsync(number);

        Assert.NotEqual("superseded", (await one.ReadAsync(first)).Text("status"));
    }

    [Fact]
    public async Task Many_starts_for_one_number_at_once_leave_one_session_alive()
    {
        var number = ClientExtensions.FreshNumber();
        var sessions = await Task.WhenAll(Enumerable.Range(0, 5).Select(async index =>
        {
            using var client = running.Client(replica: index % 2);
            return (await client.StartAsync(number)).Id();
        }));

        using var reader = running.Client();
        var states = new List<string?>();
        foreach (var session in sessions)
            states.Add((await reader.ReadAsync(session)).Text("status"));
        Assert.Single(states, state => state != "superseded");
    }

    [Fact]
    public async Task Many_reports_at_once_count_each_and_never_more_than_allowed()
    {
        using var client = running.Client();
        var id = (await client.StartAsync()).Id();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async index =>
        {
            using var one = running.Client(replica: index % 2);
            using var response = await one.PostAsJsonAsync($"/v1/verifications/{id}/report", new { digits = "9999" });
            return (int)response.StatusCode;
        }));

        Assert.Equal(3, answers.Count(status => status == 200));
        Assert.Equal(5, answers.Count(status => status == 409));
        var session = await client.ReadAsync(id);
        Assert.Equal(("failed", "too_many_reports"), (session.Text("status"), session.Text("reason")));
        Assert.Equal(3, session.GetProperty("timeline").EnumerateArray().Count(step => step.Text("step") == "reported"));
    }

    [Fact]
    public async Task The_caller_id_stays_secret_until_the_end()
    {
        using var client = running.Client();
        var started = await client.StartAsync();
        var id = started.Id();
        var ringing = await client.UntilAsync(id, "ringing");
        var wrong = await client.ReportAsync(id, new { callerId = "+442079469999" });

        foreach (var seen in new[] { started, ringing, wrong })
            Assert.DoesNotContain(Answers.CallerId.E164[9..], WithoutTimesAndIds(seen), StringComparison.Ordinal);

        static string WithoutTimesAndIds(JsonElement element) => string.Join('\n', Leaves(element)
            .Where(leaf => !DateTimeOffset.TryParse(leaf, out _) && !Guid.TryParse(leaf, out _)));

        static IEnumerable<string> Leaves(JsonElement element) => element.ValueKind switch
        {
            JsonValueKind.Object => element.EnumerateObject().SelectMany(member => Leaves(member.Value)),
            JsonValueKind.Array => element.EnumerateArray().SelectMany(Leaves),
            _ => [element.ToString()],
        };
    }
}
