using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace FlashCall.Gateway.Tests.Applications;

/// <summary>An admin's program that talks to a gateway.</summary>
internal sealed class Admin(RunningGateway gateway, string key = RunningGateway.AdminKey)
{
    public Task<HttpResponseMessage> PostAsync(string path, object body) => SendAsync(HttpMethod.Post, path, body);

    public Task<HttpResponseMessage> PutAsync(string path, object body, string? match = null) =>
        SendAsync(HttpMethod.Put, path, body, match);

    public Task<HttpResponseMessage> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<HttpResponseMessage> DeleteAsync(string path, string? match = null) => SendAsync(HttpMethod.Delete, path, match: match);

    /// <summary>Adds an application that may look verifications up, and returns what the admin is told.</summary>
    public async Task<JsonElement> AddAsync(string id)
    {
        using var response = await PostAsync(
            "/v1/applications", new { id, name = id, scopes = (string[])["verifications:read"] });
        return await ReadAsync(response, HttpStatusCode.Created);
    }

    /// <summary>What a request was answered, which has to be of this status.</summary>
    public static async Task<JsonElement> ReadAsync(HttpResponseMessage response, HttpStatusCode status = HttpStatusCode.OK)
    {
        Assert.True(status == response.StatusCode, $"{(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>An id that no other test uses.</summary>
    public static string NewId() => $"shop-{Guid.NewGuid().ToString("N")[..12]}";

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null, string? match = null)
    {
        using var request = RunningGateway.Request(method, path, key, body switch
        {
            null => null,
            string text => new StringContent(text, System.Text.Encoding.UTF8, "application/json"),
            _ => JsonContent.Create(body),
        });
        if (match is not null)
            request.Headers.TryAddWithoutValidation("If-Match", match);
        return await gateway.Client.SendAsync(request);
    }
}
