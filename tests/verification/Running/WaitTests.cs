using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FlashCall.Testing;
using FlashCall.Verification.Tests.Support;
using FlashCall.Verification.Watching;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FlashCall.Verification.Tests.Running;

/// <summary>Requests that wait for a session, at whichever replica, and what versions tell.</summary>
public sealed class WaitTests(RunningVerification running)
{
    [Fact]
    public async Task Without_a_version_the_wait_is_for_the_end_whichever_replica_brings_it()
    {
        using var one = running.Client(replica: 0);
        using var other = running.Client(replica: 1);
        var id = (await one.StartAsync()).Id();
        var waiting = GetAsync(other, id, wait: 30);
        await WaitingAsync(1, id);
        await one.ReportAsync(id, new { digits = "0123" });
        using var answer = await waiting;

        Assert.Equal("verified", (await answer.Content.ReadFromJsonAsync<JsonElement>()).Text("status"));
        Assert.Equal("wait=30", answer.Headers.GetValues("Preference-Applied").Single());
    }

    [Fact]
    public async Task With_a_version_the_wait_is_for_another_one()
    {
        using var one = running.Client(replica: 0);
        using var other = running.Client(replica: 1);
        var id = (await one.StartAsync()).Id();
        await one.UntilAsync(id, "ringing");
        using var known = await GetAsync(one, id);
        var waiting = GetAsync(other, id, wait: 30, known.Headers.ETag!.Tag);
        await WaitingAsync(1, id);
        await one.ReportAsync(id, new { digits = "9999" });
        using var answer = await waiting;

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(2, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("reportsLeft").GetInt32());
        Assert.NotEqual(known.Headers.ETag.Tag, answer.Headers.ETag?.Tag);
    }

    [Fact]
    public async Task A_client_that_has_the_version_is_told_so_and_nothing_more()
    {
        using var client = running.Client();
        var id = (await client.StartAsync()).Id();
        await client.ReportAsync(id, new { digits = "0123" });
        await running.Peers.WaitForAsync<Contracts.ReleaseCallerId>(id);
        using var known = await GetAsync(client, id);
        using var again = await GetAsync(client, id, tag: known.Headers.ETag!.Tag);
        using var waited = await GetAsync(client, id, wait: 1, known.Headers.ETag.Tag);

        foreach (var answer in new[] { again, waited })
        {
            Assert.Equal(HttpStatusCode.NotModified, answer.StatusCode);
            Assert.Equal(known.Headers.ETag.Tag, answer.Headers.ETag?.Tag);
            Assert.Empty(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        }
        Assert.Equal("wait=1", waited.Headers.GetValues("Preference-Applied").Single());
    }

    [Fact]
    public async Task When_the_time_is_over_the_answer_is_what_is_known()
    {
        using var client = running.Client();
        var id = (await client.StartAsync()).Id();
        using var answer = await GetAsync(client, id, wait: 1);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.False((await answer.Content.ReadFromJsonAsync<JsonElement>()).TryGetProperty("endedAt", out _));
    }

    [Fact]
    public async Task A_session_that_has_ended_keeps_nobody_waiting()
    {
        using var client = running.Client();
        var id = (await client.StartAsync()).Id();
        await client.ReportAsync(id, new { digits = "0123" });
        var began = Stopwatch.GetTimestamp();
        using var answer = await GetAsync(client, id, wait: 60);

        Assert.Equal("verified", (await answer.Content.ReadFromJsonAsync<JsonElement>()).Text("status"));
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 30);
    }

    [Fact]
    public async Task More_clients_may_wait_than_there_are_connections_to_the_database()
    {
        using var client = running.Client();
        var id = (await client.StartAsync()).Id();
        // The pool of a replica has 20 connections.
        var waiting = Enumerable.Range(0, 60).Select(_ => GetAsync(client, id, wait: 60)).ToList();
        await WaitingAsync(0, id, 60);
        Assert.Equal("verified", (await client.ReportAsync(id, new { digits = "0123" })).Text("status"));

        foreach (var answer in await Task.WhenAll(waiting))
        {
            using (answer)
                Assert.Equal("verified", (await answer.Content.ReadFromJsonAsync<JsonElement>()).Text("status"));
        }
    }

    [Fact]
    public async Task A_replica_that_is_told_to_stop_answers_those_who_wait()
    {
        using var client = running.Client();
        var id = (await client.StartAsync()).Id();
        await using var stopping = await running.StartReplicaAsync();
        using var at = running.ClientAt(stopping.Urls.First());
        var waiting = GetAsync(at, id, wait: 60);
        await WaitingAsync(stopping.Services, id);
        var began = Stopwatch.GetTimestamp();
        await stopping.StopAsync(TestContext.Current.CancellationToken);
        using var answer = await waiting;

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 30);
    }

    private static async Task<HttpResponseMessage> GetAsync(HttpClient client, Guid id, int? wait = null, string? tag = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/verifications/{id}");
        if (wait is not null)
            request.Headers.Add("Prefer", $"wait={wait}");
        if (tag is not null)
            request.Headers.TryAddWithoutValidation("If-None-Match", tag);
        return await client.SendAsync(request);
    }

    private Task WaitingAsync(int replica, Guid id, int clients = 1) => WaitingAsync(running.Services(replica), id, clients);

    private static Task WaitingAsync(IServiceProvider replica, Guid id, int clients = 1) => Eventually.TrueAsync(
        () => replica.GetRequiredService<SessionWatch>().Watching(id) == clients, $"{clients} clients that wait");
}
