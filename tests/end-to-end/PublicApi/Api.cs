using System.Net.Http.Json;
using System.Text.Json;
using FlashCall.EndToEnd.Tests.Running;
using Xunit;

namespace FlashCall.EndToEnd.Tests.PublicApi;

/// <summary>What the tests of the API say over and over.</summary>
internal static class Api
{
    /// <summary>A request to verify a phone.</summary>
    public static HttpRequestMessage Start(Phone phone, string purpose = "login", params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/verifications")
        {
            Content = JsonContent.Create(new { to = phone.Number, purpose, reference = "user-4711", metadata = new { plan = "gold" } }),
        };
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        return request;
    }

    /// <summary>Sends a request and reads the JSON that answers it.</summary>
    public static async Task<(int Status, JsonElement Body)> AskAsync(this HttpClient http, HttpRequestMessage request)
    {
        using (request)
        {
            using var response = await http.SendAsync(request);
            return ((int)response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>());
        }
    }

    /// <summary>Starts a session for a phone.</summary>
    public static async Task<JsonElement> StartAsync(this HttpClient http, Phone phone, string purpose = "login")
    {
        var (status, session) = await http.AskAsync(Start(phone, purpose));
        Assert.True(status == 201, $"Expected 201, got {status}: {session}");
        return session;
    }

    /// <summary>Reports the caller ID that the phone showed.</summary>
    public static Task<(int Status, JsonElement Body)> ReportAsync(this HttpClient http, string id, string callerId) =>
        http.AskAsync(new HttpRequestMessage(HttpMethod.Post, $"/v1/verifications/{id}/report")
        {
            Content = JsonContent.Create(new { callerId, source = "intercepted" }),
        });

    /// <summary>A text field.</summary>
    public static string Text(this JsonElement document, string field) => document.GetProperty(field).GetString()!;

    /// <summary>The code of a problem document.</summary>
    public static string Code(this (int Status, JsonElement Body) answer) => answer.Body.Text("code");
}
