using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using FlashCall.Hosting;
using FlashCall.Testing;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Tests.Support;
using FlashCall.Verification.Verifications;
using FlashCall.Verification.Watching;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.Verification.Tests.Running;

/// <summary>The stream of a session's events, at a replica that handled none of them, over lost connections and stops.</summary>
public sealed class EventsTests(RunningVerification running)
{
    [Fact]
    public async Task The_steps_are_told_as_they_happen_and_the_stream_ends_with_the_session()
    {
        using var client = running.Client();
        var id = (await client.StartAsync()).Id();
        await using var stream = await FollowAsync(running.Client(replica: 1), id);
        Assert.Equal(("requested", "1"), await NextAsync(stream));
        await ReadUntilAsync(stream, "ringing");
        await client.ReportAsync(id, new { digits = "9999" });
        Assert.Equal("reported", (await NextAsync(stream)).Name);
        await client.ReportAsync(id, new { digits = "0123" });
        await ReadUntilAsync(stream, "verified");

        Assert.Equal("verified", JsonSerializer.Deserialize<JsonElement>(stream.Current.Data).Text("status"));
        Assert.False(await stream.MoveNextAsync());
    }

    [Fact]
    public async Task Whoever_loses_the_connection_after_each_event_hears_the_same_as_who_never_did()
    {
        using var client = running.Client();
        var id = (await client.StartAsync()).Id();
        await client.UntilAsync(id, "ringing");
        await client.ReportAsync(id, new { digits = "0123" });
        var whole = new List<(string, string)>();
        await using (var stream = await FollowAsync(client, id))
        {
            while (await stream.MoveNextAsync())
                whole.Add((stream.Current.EventType, stream.Current.EventId!));
        }

        var pieces = new List<(string Name, string Id)>();
        while (pieces is not [.., { Name: "verified" }])
        {
            await using var stream = await FollowAsync(running.Client(replica: pieces.Count % 2), id, pieces is [.., var last] ? last.Id : null);
            pieces.Add(await NextAsync(stream));
        }
        Assert.Equal(whole, pieces);
        Assert.Contains(whole, step => step.Item1 == "invited");
    }

    [Fact]
    public async Task Whoever_heard_the_end_is_told_to_stay_away()
    {
        using var client = running.Client();
        var id = (await client.StartAsync()).Id();
        await client.ReportAsync(id, new { digits = "0123" });
        string? last = null;
        await using (var stream = await FollowAsync(client, id))
        {
            while (await stream.MoveNextAsync())
                last = stream.Current.EventId;
        }
        // What comes after the end does not change that.
        await client.PostAsJsonAsync($"/v1/verifications/{id}/telemetry", new { noCall = false });
        using var again = await SendAsync(client, id, last);

        Assert.Equal(HttpStatusCode.NoContent, again.StatusCode);
    }

    [Fact]
    public async Task An_id_of_no_step_is_refused()
    {
        using var client = running.Client();
        var id = (await client.StartAsync()).Id();
        using var response = await SendAsync(client, id, "third");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("invalid_last_event_id", (await response.Content.ReadFromJsonAsync<JsonElement>()).Text("code"));
    }

    [Fact]
    public async Task A_device_may_follow_its_session()
    {
        using var client = running.Client();
        var id = (await client.StartAsync()).Id();
        using var response = await SendAsync(running.Device(id, replica: 1), id, last: null);
        using var cancelled = await client.PostAsync($"/v1/verifications/{id}/cancel", content: null);
        var told = await response.Content.ReadAsStringAsync();

        Assert.Contains("id: 1\nevent: requested\n", told, StringComparison.Ordinal);
        Assert.Contains("event: risk_assessed\n", told, StringComparison.Ordinal);
        Assert.DoesNotContain("score", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replica_that_is_told_to_stop_lets_its_clients_go_and_they_go_on_elsewhere()
    {
        using var client = running.Client();
        var id = (await client.StartAsync()).Id();
        await client.UntilAsync(id, "ringing");
        var replica = await running.StartReplicaAsync();
        string? last = null;
        await using (var stream = await FollowAsync(running.ClientAt(replica.Urls.First()), id))
        {
            await ReadUntilAsync(stream, "ringing");
            last = stream.Current.EventId;
            await replica.StopAsync(TestContext.Current.CancellationToken);
            Assert.False(await stream.MoveNextAsync());
        }
        await replica.DisposeAsync();
        await client.ReportAsync(id, new { digits = "0123" });
        await using var onwards = await FollowAsync(client, id, last);

        Assert.Equal("reported", (await NextAsync(onwards)).Name);
    }

    [Fact]
    public async Task A_quiet_stream_shows_that_it_lives()
    {
        using var client = running.Client();
        var id = (await client.StartAsync()).Id();
        await client.UntilAsync(id, "ringing");
        var time = new FakeTimeProvider();
        var (sessions, watch) = (running.Services().GetRequiredService<SessionStore>(), running.Services().GetRequiredService<SessionWatch>());
        using var gone = new CancellationTokenSource();
        var pipe = new Pipe();
        var context = new DefaultHttpContext { RequestServices = running.Services(), RequestAborted = gone.Token };
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(pipe.Writer.AsStream()));
        var waits = new SessionWaits(sessions, watch, running.Services().GetRequiredService<IHostApplicationLifetime>(), time);
        var caller = new System.Security.Claims.ClaimsPrincipal(
            new System.Security.Claims.ClaimsIdentity([new(InternalIdentity.ApplicationClaim, "demo")]));
        var result = await FollowVerification.HandleAsync(id, context.Request, caller, sessions, watch, waits, gone.Token);
        var following = result.ExecuteAsync(context);
        var heard = new StringBuilder();
        await HearAsync("event: ringing");
        Assert.DoesNotContain("\n:\n", heard.ToString(), StringComparison.Ordinal);
        for (var beat = 1; beat <= 2; beat++)
        {
            heard.Clear();
            await Eventually.TrueAsync(
                () =>
                {
                    // The stream may just be on its way to its next wait, which would not see the time pass.
                    time.Advance(SessionWaits.ReadAgainAfter);
                    return pipe.Reader.TryRead(out var read) && Take(read).Contains(":\n\n", StringComparison.Ordinal);
                },
                "a comment");
        }
        await gone.CancelAsync();
        await following;

        async Task HearAsync(string text)
        {
            while (!heard.ToString().Contains(text, StringComparison.Ordinal))
                Take(await pipe.Reader.ReadAsync(TestContext.Current.CancellationToken));
        }

        string Take(ReadResult read)
        {
            heard.Append(Encoding.UTF8.GetString(read.Buffer));
            pipe.Reader.AdvanceTo(read.Buffer.End);
            return heard.ToString();
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, Guid id, string? last)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/verifications/{id}/events");
        if (last is not null)
            request.Headers.Add("Last-Event-ID", last);
        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private static async Task<IAsyncEnumerator<SseItem<string>>> FollowAsync(HttpClient client, Guid id, string? last = null)
    {
        var response = await SendAsync(client, id, last);
        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        return ReadAsync(client, response).GetAsyncEnumerator(TestContext.Current.CancellationToken);
    }

    private static async IAsyncEnumerable<SseItem<string>> ReadAsync(
        HttpClient client, HttpResponseMessage response,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using (response)
        {
            await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync(cancellationToken)).EnumerateAsync(cancellationToken))
                yield return item;
        }
    }

    private static async Task<(string Name, string Id)> NextAsync(IAsyncEnumerator<SseItem<string>> stream)
    {
        Assert.True(await stream.MoveNextAsync());
        return (stream.Current.EventType, stream.Current.EventId!);
    }

    private static async Task ReadUntilAsync(IAsyncEnumerator<SseItem<string>> stream, string name)
    {
        while ((await NextAsync(stream)).Name != name)
        {
        }
    }
}
