using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FlashCall.EndToEnd.Tests.Running;
using Xunit;

namespace FlashCall.EndToEnd.Tests.PublicApi;

/// <summary>Nothing to poll: the answer comes when there is something to tell, whichever replica is asked.</summary>
[Collection(Platform.OneAtATime)]
public sealed class WaitingTests(Platform platform)
{
    [Fact]
    public async Task A_start_that_waits_is_answered_when_the_phone_rings()
    {
        using var backend = platform.Http(platform.Key);
        using var phone = platform.NextPhone();
        using var request = Api.Start(phone, headers: ("Prefer", "wait=20"));

        using var response = await backend.SendAsync(request);

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal("wait=20", Assert.Single(response.Headers.GetValues("Preference-Applied")));
        Assert.Equal("ringing", (await response.Content.ReadFromJsonAsync<JsonElement>()).Text("status"));
        Assert.Equal(1, (await phone.CallsAsync()).GetArrayLength());
    }

    [Fact]
    public async Task A_look_that_waits_is_answered_when_the_session_has_moved_on()
    {
        using var backend = platform.Http(platform.Key);
        using var phone = platform.NextPhone();
        var (_, session) = await backend.AskAsync(Api.Start(phone, headers: ("Prefer", "wait=20")));
        var id = session.Text("id");
        var callerId = await phone.RingingAsync();
        using var first = await backend.GetAsync($"/v1/verifications/{id}");
        // As many as there are replicas, and more: whoever of them is asked hears of it.
        var looks = Enumerable.Range(0, 4).Select(_ => LookAsync(backend, id, first.Headers.ETag!.ToString())).ToList();
        var end = backend.AskAsync(With(new HttpRequestMessage(HttpMethod.Get, $"/v1/verifications/{id}"), ("Prefer", "wait=20")));

        await backend.ReportAsync(id, callerId);

        Assert.All(await Task.WhenAll(looks), look => Assert.NotEqual(first.Headers.ETag!.ToString(), look));
        Assert.Equal("verified", (await end).Body.Text("status"));
    }

    private static async Task<string> LookAsync(HttpClient http, string id, string known)
    {
        using var request = With(
            new HttpRequestMessage(HttpMethod.Get, $"/v1/verifications/{id}"), ("Prefer", "wait=20"), ("If-None-Match", known));
        using var response = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return response.Headers.ETag!.ToString();
    }

    private static HttpRequestMessage With(HttpRequestMessage request, params (string Name, string Value)[] headers)
    {
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        return request;
    }
}
