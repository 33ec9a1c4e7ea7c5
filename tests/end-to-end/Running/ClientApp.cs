using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using FlashCall.Testing;

namespace FlashCall.EndToEnd.Tests.Running;

/// <summary>What a client app's backend does, through the gateway alone.</summary>
internal sealed class ClientApp(HttpClient http) : IDisposable
{
    /// <summary>The trace that the last start began.</summary>
    public string? TraceId { get; private set; }

    public async Task<JsonElement> StartAsync(Phone phone, string purpose = "login")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/verifications")
        {
            Content = JsonContent.Create(new { to = phone.Number, purpose, client = new { ip = "203.0.113.7" } }),
        };
        // As a client with tracing of its own sends it.
        TraceId = ActivityTraceId.CreateRandom().ToHexString();
        request.Headers.Add("traceparent", $"00-{TraceId}-{ActivitySpanId.CreateRandom().ToHexString()}-01");
        using var response = await http.SendAsync(request);
        Xunit.Assert.Equal(201, (int)response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    public async Task<JsonElement> ReportAsync(Guid id, string callerId)
    {
        using var response = await http.PostAsJsonAsync($"/v1/verifications/{id}/report", new { callerId, source = "intercepted" });
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    public async Task CancelAsync(Guid id)
    {
        using var response = await http.PostAsync($"/v1/verifications/{id}/cancel", content: null);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>The session once its status is one of these.</summary>
    public async Task<JsonElement> UntilAsync(Guid id, TimeSpan within, params string[] statuses)
    {
        JsonElement session = default;
        await Eventually.TrueAsync(
            async () =>
            {
                using var response = await http.GetAsync($"/v1/verifications/{id}");
                if (response.StatusCode == System.Net.HttpStatusCode.ServiceUnavailable)
                    return false;
                session = await response.Content.ReadFromJsonAsync<JsonElement>();
                return statuses.Contains(session.GetProperty("status").GetString(), StringComparer.Ordinal);
            },
            () => $"session {id} is {string.Join(" or ", statuses)}; it is {session}", within);
        return session;
    }

    public void Dispose() => http.Dispose();
}

/// <summary>A phone of the handset, as its owner sees it.</summary>
internal sealed class Phone(HttpClient http, string number) : IDisposable
{
    public string Number { get; } = number;

    /// <summary>The number that calls, once it rings.</summary>
    public async Task<string> RingingAsync()
    {
        var calls = await http.GetFromJsonAsync<JsonElement>($"/phones/{Number}/calls?wait=20");
        Xunit.Assert.True(calls.GetArrayLength() > 0, "The phone did not ring within 20 s.");
        return calls[0].GetProperty("callerId").GetString()!;
    }

    /// <summary>Makes the phone behave otherwise for further calls (<c>docs/handset.md</c>).</summary>
    public async Task BehaveAsync(object behaviour)
    {
        using var response = await http.PutAsJsonAsync($"/phones/{Number}/behaviour", behaviour);
        response.EnsureSuccessStatusCode();
    }

    public async Task<JsonElement> CallsAsync() => await http.GetFromJsonAsync<JsonElement>($"/phones/{Number}/calls");

    public void Dispose() => http.Dispose();
}
