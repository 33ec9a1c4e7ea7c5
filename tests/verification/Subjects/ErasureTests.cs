using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Testing;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FlashCall.Verification.Tests.Subjects;

/// <summary>A person is forgotten: here by two replicas, with peers that the test plays.</summary>
public sealed class ErasureTests(RunningVerification running)
{
    [Fact]
    public async Task A_number_is_forgotten_in_sessions_that_ended_and_in_one_under_way_and_what_happened_stays()
    {
        using var client = running.Client();
        var number = ClientExtensions.FreshNumber();
        var ended = await StartAsync(client, number, key: $"start of {number}");
        await client.ReportAsync(ended.Id(), new { callerId = Answers.CallerId.E164, source = "intercepted" });
        await running.Peers.TellAsync(Answers.Ended(ended.Id(), await AttemptOfAsync(ended.Id()), CallDisposition.Rang, rang: true));
        var before = await client.UntilAsync(ended.Id(), "verified");
        // The end of the call is news of its own.
        await Eventually.TrueAsync(
            async () => (before = await client.ReadAsync(ended.Id())).GetProperty("timeline").GetRawText().Contains("hung_up", StringComparison.Ordinal),
            "the call has ended");
        var live = await StartAsync(client, number);
        var other = await client.StartAsync();

        var erasure = await EraseAsync(number);

        Assert.Equal("complete", erasure.Text("status"));
        Assert.Equal(("cancelled", "erased"), ((await client.ReadAsync(live.Id())).Text("status"), (await client.ReadAsync(live.Id())).Text("to")));
        var after = await client.ReadAsync(ended.Id());
        Assert.Equal(("verified", "erased"), (after.Text("status"), after.Text("to")));
        Assert.All((string[])["reference", "metadata", "resultToken"], field => Assert.False(after.TryGetProperty(field, out _)));
        Assert.All((string[])["createdAt", "endedAt", "purpose", "flashCall"],
            field => Assert.Equal(before.GetProperty(field).GetRawText(), after.GetProperty(field).GetRawText()));
        var steps = before.GetProperty("timeline").EnumerateArray().Select(step => step.GetRawText()).ToList();
        Assert.Equal(steps, after.GetProperty("timeline").EnumerateArray().Select(step => step.GetRawText()).Take(steps.Count));
        Assert.StartsWith("+46", (await client.ReadAsync(other.Id())).Text("to"), StringComparison.Ordinal);
        var found = await client.GetFromJsonAsync<JsonElement>($"/v1/verifications?to={Uri.EscapeDataString(number)}");
        Assert.Equal(0, found.GetProperty("items").GetArrayLength());
        Assert.Empty(await running.Data.PlacesOfAsync(number[1..]));
        Assert.Empty(await running.Data.PlacesOfAsync($"ref-{number[^6..]}"));

        // The device was told of both, each service of both sessions, and how much went is told.
        Assert.Equal((2, 2, 1), (Rows(erasure, "verification", "mt_events"), Rows(erasure, "verification", "verifications"),
            erasure.GetProperty("kept").GetProperty("fraud").GetProperty("list_entries").GetInt64()));
        foreach (var service in (string[])[Queues.Fraud, Queues.NumberPool, Queues.Gateway])
            Assert.Equal(2, Rows(erasure, service, "rows"));
        var told = running.Peers.Received[erasure.Id()].OfType<EraseSubject>().ToList();
        Assert.Equal([1, 2], told.Select(command => command.Round).Distinct().Order());
        Assert.Equal(
            new[] { ended.Id(), live.Id() }.Order(),
            told.Where(command => command.Round == 1).SelectMany(command => command.Sessions).Select(one => one.VerificationId).Distinct().Order());
    }

    [Fact]
    public async Task No_replica_keeps_in_memory_what_was_forgotten()
    {
        var number = ClientExtensions.FreshNumber();
        using var client = running.Client();
        var id = (await StartAsync(client, number)).Id();

        await EraseAsync(number);

        foreach (var replica in (int[])[0, 1])
        {
            await Eventually.TrueAsync(
                () => running.Services(replica).GetRequiredService<LiveSessions>().Find(id) is null, $"replica {replica} has forgotten the session");
        }
    }

    [Fact]
    public async Task Asked_again_it_tells_the_same_and_after_a_new_session_it_begins_anew()
    {
        using var client = running.Client();
        var number = ClientExtensions.FreshNumber();
        await StartAsync(client, number);
        var first = await EraseAsync(number);

        var again = await EraseAsync(number, replica: 1);
        Assert.Equal(first.GetRawText(), again.GetRawText());

        await StartAsync(client, number);
        var second = await EraseAsync(number);
        Assert.NotEqual(first.Id(), second.Id());
        Assert.Equal(first.Text("subject"), second.Text("subject"));
        Assert.Equal(1, Rows(second, "verification", "verifications"));

        using var eraser = Eraser();
        var listed = await eraser.GetFromJsonAsync<JsonElement>("/v1/subjects/erasures?limit=100");
        Assert.Equal(
            [second.Id(), first.Id()],
            listed.GetProperty("items").EnumerateArray().Where(one => one.Text("subject") == first.Text("subject")).Select(one => one.Id()));
        var page = await eraser.GetFromJsonAsync<JsonElement>($"/v1/subjects/erasures?limit=1&after={second.Id()}");
        Assert.Single(page.GetProperty("items").EnumerateArray());
        Assert.DoesNotContain(number[1..], listed.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_number_that_nobody_asked_for_is_erased_all_the_same()
    {
        var erasure = await EraseAsync(ClientExtensions.FreshNumber());

        Assert.Equal("complete", erasure.Text("status"));
        Assert.Equal(JsonValueKind.Object, erasure.GetProperty("erased").ValueKind);
        Assert.False(erasure.GetProperty("erased").TryGetProperty("verification", out _));
    }

    [Fact]
    public async Task A_service_that_does_not_answer_is_waited_for_and_named()
    {
        var number = ClientExtensions.FreshNumber();
        var isAway = true;
        running.Peers.Scripts[number] = new Script
        {
            OnErase = (command, service) => isAway && service == Queues.Fraud ? null : Answers.Erased(command, service),
        };
        using var client = running.Client();
        await StartAsync(client, number);
        using var eraser = Eraser();
        using var accepted = await eraser.DeleteAsync($"/v1/subjects/{number}");
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        var erasure = await accepted.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal($"/v1/subjects/erasures/{erasure.Id()}", accepted.Headers.Location!.OriginalString);
        await Eventually.TrueAsync(
            async () => (await eraser.GetFromJsonAsync<JsonElement>(accepted.Headers.Location)).GetProperty("waitsFor") is var waits
                && waits.GetArrayLength() == 1 && waits[0].GetString() == Queues.Fraud
                && running.Peers.Received.GetValueOrDefault(erasure.Id())?.OfType<EraseSubject>().Any(command => command.Sessions.Count == 1) == true,
            "all but the fraud service have answered");
        // Asked for again meanwhile, it is the same.
        using (var repeated = await eraser.DeleteAsync($"/v1/subjects/{number}"))
            Assert.Equal(erasure.Id(), (await repeated.Content.ReadFromJsonAsync<JsonElement>()).Id());

        // It comes back and takes what waits in its queue.
        isAway = false;
        foreach (var command in running.Peers.Received[erasure.Id()].OfType<EraseSubject>().DistinctBy(command => command.Part).ToList())
        {
            await running.Peers.TellAsync(Answers.Erased(command, Queues.Fraud));
            // A repeat counts once.
            await running.Peers.TellAsync(Answers.Erased(command, Queues.Fraud));
        }
        var complete = await CompleteAsync(eraser, erasure.Id());
        Assert.Equal((1, "complete"), (Rows(complete, Queues.Fraud, "rows"), complete.Text("status")));
    }

    [Theory]
    [InlineData("/v1/subjects/0701234567")]
    [InlineData("/v1/subjects/+46%2070%20123%2045%2067")]
    [InlineData("/v1/subjects/erasures")]
    public async Task What_is_no_number_is_refused(string address)
    {
        using var eraser = Eraser();
        using var response = await eraser.DeleteAsync(address);

        if (address.EndsWith("erasures", StringComparison.Ordinal))
        {
            Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
            return;
        }
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((422, "invalid_number"), ((int)response.StatusCode, problem.Text("code")));
        Assert.DoesNotContain("70", problem.GetProperty("detail").GetString()!.Replace("+46701234567", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/subjects/erasures?limit=0", 422)]
    [InlineData("/v1/subjects/erasures?limit=101", 422)]
    [InlineData("/v1/subjects/erasures?after=one", 422)]
    [InlineData("/v1/subjects/erasures/01990000-0000-7000-8000-000000000001", 404)]
    public async Task What_cannot_be_listed_or_is_not_there_is_refused(string address, int status)
    {
        using var eraser = Eraser();
        using var response = await eraser.GetAsync(address);
        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task Who_may_operate_may_not_forget()
    {
        using var others = running.Client(minter => minter.Mint("demo", ["verifications:write", "verifications:read", "operations", "admin"]));
        using var response = await others.DeleteAsync($"/v1/subjects/{ClientExtensions.FreshNumber()}");
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    private HttpClient Eraser(int replica = 0) => running.Client(minter => minter.Mint("privacy", ["subjects:erase"]), replica);

    private async Task<JsonElement> EraseAsync(string number, int replica = 0)
    {
        using var eraser = Eraser(replica);
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"/v1/subjects/{number}") { Headers = { { "Prefer", "wait=50" } } };
        using var response = await eraser.SendAsync(request);
        var erasure = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{(int)response.StatusCode}: {erasure}");
        Assert.Equal(("wait=50", "privacy"), (response.Headers.GetValues("Preference-Applied").Single(), erasure.Text("requestedBy")));
        return erasure;
    }

    private static async Task<JsonElement> CompleteAsync(HttpClient eraser, Guid id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/subjects/erasures/{id}") { Headers = { { "Prefer", "wait=50" } } };
        using var response = await eraser.SendAsync(request);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static async Task<JsonElement> StartAsync(HttpClient client, string number, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/verifications")
        {
            Content = JsonContent.Create(new
            {
                to = number,
                purpose = "login",
                reference = $"ref-{number[^6..]}",
                metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["phone"] = number },
                client = new { ip = "203.0.113.7", deviceId = $"device of {number}" },
            }),
        };
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key.Replace(' ', '-'));
        using var response = await client.SendAsync(request);
        Assert.Equal(201, (int)response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private async Task<Guid> AttemptOfAsync(Guid session) => (await running.Peers.WaitForAsync<PlaceFlashCall>(session))[0].AttemptId;

    private static long Rows(JsonElement erasure, string service, string table) =>
        erasure.GetProperty("erased").GetProperty(service).GetProperty(table).GetInt64();
}
