using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlashCall.Cli.Api;

namespace FlashCall.Cli.Applications;

/// <summary>The applications as somebody with the scope <c>admin</c> sees them.</summary>
internal sealed class ApplicationsApi(PlatformApi api)
{
    private const string Path = "v1/applications";
    private const string Unknown = "unauthorized";
    private const string Expired = "credential_expired";
    private const int PageSize = 100;

    /// <summary>All applications, as the API wrote each.</summary>
    public async Task<IReadOnlyList<JsonElement>> ListAsync(CancellationToken cancellationToken)
    {
        var all = new List<JsonElement>();
        string? next = null;
        do
        {
            var page = $"{Path}?limit={PageSize}{(next is null ? "" : $"&after={Uri.EscapeDataString(next)}")}";
            var document = await api.GetAsync(page, ApplicationsJson.Default.JsonElement, cancellationToken);
            next = ApiRun.Read(document, ApplicationsJson.Default.ApplicationPage).Next;
            all.AddRange(document.GetProperty("items").EnumerateArray());
        }
        while (next is not null);
        return all;
    }

    /// <summary>An application as the API wrote it, and its version; null if there is none.</summary>
    public async Task<(JsonElement Document, EntityTagHeaderValue? Version)?> FindAsync(string id, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, PathOf(id));
        using var response = await api.SendAsync(message, cancellationToken, "application_not_found");
        return response.StatusCode == HttpStatusCode.NotFound
            ? null
            : (await api.ReadAsync(response, ApplicationsJson.Default.JsonElement, cancellationToken), response.Headers.ETag);
    }

    /// <summary>An application that has to be there.</summary>
    public async Task<(JsonElement Document, EntityTagHeaderValue? Version)> GetAsync(string id, CancellationToken cancellationToken) =>
        await FindAsync(id, cancellationToken)
            ?? throw new CommandException($"There is no application '{id}'. 'flashcall applications list' shows those that there are.");

    /// <summary>Makes an application, with a first key.</summary>
    public Task<JsonElement> CreateAsync(JsonObject application, CancellationToken cancellationToken) => api.PostAsync(
        Path, application, ApplicationsJson.Default.JsonObject, ApplicationsJson.Default.JsonElement, cancellationToken);

    /// <summary>Puts a document in an application's place, unless somebody changed it meanwhile.</summary>
    public async Task<JsonElement> ChangeAsync(
        string id, EntityTagHeaderValue? version, JsonObject application, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Put, PathOf(id))
        {
            Content = JsonContent.Create(application, ApplicationsJson.Default.JsonObject),
        };
        if (version is not null)
            message.Headers.IfMatch.Add(version);
        using var response = await api.SendAsync(message, cancellationToken);
        return await api.ReadAsync(response, ApplicationsJson.Default.JsonElement, cancellationToken);
    }

    /// <summary>Deletes an application and its keys.</summary>
    public Task DeleteAsync(string id, CancellationToken cancellationToken) => DeleteAtAsync(PathOf(id), cancellationToken);

    /// <summary>Makes a further key for an application.</summary>
    public Task<JsonElement> AddKeyAsync(string id, NewKey key, CancellationToken cancellationToken) => api.PostAsync(
        $"{PathOf(id)}/keys", key, ApplicationsJson.Default.NewKey, ApplicationsJson.Default.JsonElement, cancellationToken);

    /// <summary>The keys of an application, as the API wrote them.</summary>
    public Task<JsonElement> ListKeysAsync(string id, CancellationToken cancellationToken) =>
        api.GetAsync($"{PathOf(id)}/keys", ApplicationsJson.Default.JsonElement, cancellationToken);

    /// <summary>Ends a key at once.</summary>
    public Task RevokeKeyAsync(string id, string keyId, CancellationToken cancellationToken) =>
        DeleteAtAsync($"{PathOf(id)}/keys/{Uri.EscapeDataString(keyId)}", cancellationToken);

    /// <summary>Whether the gateway knows an API key, and it has not expired. It may be too weak for what its application asks of itself,
    /// and need not have any scope.</summary>
    public async Task<bool> KnowsAsync(string id, string apiKey, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, PathOf(id));
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
        // That it may not see its application is the answer: whoever is not known is refused for that.
        var refusal = await api.RefusalOfAsync(
            message, cancellationToken, Unknown, Expired, "forbidden", "stronger_authorization_needed");
        return refusal is not (Unknown or Expired);
    }

    private async Task DeleteAtAsync(string path, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Delete, path);
        using var response = await api.SendAsync(message, cancellationToken);
    }

    private static string PathOf(string id) => $"{Path}/{Uri.EscapeDataString(id)}";
}
