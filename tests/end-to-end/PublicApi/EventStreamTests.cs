using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;
using FlashCall.EndToEnd.Tests.Running;
using Xunit;

namespace FlashCall.EndToEnd.Tests.PublicApi;

/// <summary>A page that follows its session by server-sent events.</summary>
[Collection(Platform.OneAtATime)]
public sealed class EventStreamTests(Platform platform)
{
    [Fact]
    public async Task Every_step_arrives_once_also_over_a_break_in_the_stream()
    {
        using var backend = platform.Http(platform.Key);
        using var phone = platform.NextPhone();
        var session = await backend.StartAsync(phone);
        using var device = platform.Http(session.Text("clientToken"));
        var id = session.Text("id");

        var before = await ReadAsync(device, id, lastEventId: null, until: "ringing");
        var callerId = await phone.RingingAsync();
        await device.ReportAsync(id, callerId);
        var after = await ReadAsync(device, id, before[^1].Id, until: "verified");

        var steps = before.Concat(after).ToList();
        Assert.Equal(steps.Select(step => step.Id).Distinct(), steps.Select(step => step.Id));
        Assert.Equal(
            ["requested", "risk_assessed", "caller_id_leased", "invited", "ringing", "reported", "verified"],
            steps.Select(step => step.Step));
        using var again = new HttpRequestMessage(HttpMethod.Get, $"/v1/verifications/{id}/events");
        again.Headers.Add("Last-Event-ID", steps[^1].Id);
        using var over = await device.SendAsync(again);
        Assert.Equal(HttpStatusCode.NoContent, over.StatusCode);
        Assert.DoesNotContain(before, step => step.Data.Contains(callerId[1..], StringComparison.Ordinal));
    }

    /// <summary>The steps up to one, as a client gets them that then breaks off.</summary>
    private static async Task<List<(string Id, string Step, string Data)>> ReadAsync(
        HttpClient http, string id, string? lastEventId, string until)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/verifications/{id}/events");
        request.Headers.Add("Accept", "text/event-stream");
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        var steps = new List<(string, string, string)>();
        var stream = SseParser.Create(await response.Content.ReadAsStreamAsync(deadline.Token));
        await foreach (var step in stream.EnumerateAsync(deadline.Token))
        {
            Assert.Equal(JsonValueKind.Object, JsonSerializer.Deserialize<JsonElement>(step.Data).ValueKind);
            steps.Add((step.EventId!, step.EventType, step.Data));
            if (step.EventType == until)
                return steps;
        }
        Assert.Fail($"The stream ended without '{until}': {string.Join(", ", steps)}");
        return steps;
    }
}
