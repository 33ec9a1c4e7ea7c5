using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace FlashCall.Cli.Api;

/// <summary>The platform's API as whoever has a key for it sees it.</summary>
internal sealed class PlatformApi : IDisposable
{
    private readonly Http _http;

    public PlatformApi(Uri address, string key)
    {
        _http = new Http("The API", address, "Start the platform with ./run, or give its address by --api.");
        _http.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <summary>Asks for a document.</summary>
    /// <exception cref="CommandException">The API does not answer, or refuses.</exception>
    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, path);
        using var response = await SendAsync(message, cancellationToken);
        return await ReadAsync(response, type, cancellationToken);
    }

    /// <summary>Posts a document and reads the one that answers it.</summary>
    /// <exception cref="CommandException">The API does not answer, or refuses.</exception>
    public async Task<TAnswer> PostAsync<TRequest, TAnswer>(
        string path, TRequest request, JsonTypeInfo<TRequest> requestType, JsonTypeInfo<TAnswer> answerType,
        CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(request, requestType) };
        using var response = await SendAsync(message, cancellationToken);
        return await ReadAsync(response, answerType, cancellationToken);
    }

    /// <summary>Sends a request and returns the answer, if it is a good one or a refusal that is expected.</summary>
    /// <param name="message">The request.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="expected">The codes of refusals that are an answer too.</param>
    /// <exception cref="CommandException">The API does not answer, or refuses.</exception>
    public Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage message, CancellationToken cancellationToken, params string[] expected) =>
        SendAsync(message, silence: null, cancellationToken, expected);

    /// <summary>Sends a request and returns the answer, if it is a good one or a refusal that is expected.</summary>
    /// <param name="message">The request.</param>
    /// <param name="silence">Cancelled when the API has been silent for too long; null for half a minute after the request.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="expected">The codes of refusals that are an answer too.</param>
    /// <exception cref="CommandException">The API does not answer, or refuses.</exception>
    public async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage message, CancellationTokenSource? silence, CancellationToken cancellationToken, params string[] expected)
    {
        var (response, _) = await AskAsync(message, silence, expected, cancellationToken);
        return response;
    }

    /// <summary>Sends a request whose answer is read as it comes.</summary>
    /// <exception cref="CommandException">The API does not answer, or refuses.</exception>
    public async Task<HttpResponseMessage> StreamAsync(HttpRequestMessage message, CancellationToken cancellationToken)
    {
        var (response, _) = await AskAsync(message, silence: null, [], cancellationToken, HttpCompletionOption.ResponseHeadersRead);
        return response;
    }

    /// <summary>Sends a request of which only matters how it is refused.</summary>
    /// <param name="message">The request.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="expected">The codes of refusals that are an answer.</param>
    /// <returns>The code of the refusal; null if there was none.</returns>
    /// <exception cref="CommandException">The API does not answer, or refuses in another way.</exception>
    public async Task<string?> RefusalOfAsync(HttpRequestMessage message, CancellationToken cancellationToken, params string[] expected)
    {
        var (response, refusal) = await AskAsync(message, silence: null, expected, cancellationToken);
        response.Dispose();
        return refusal;
    }

    /// <summary>Reads a body that must be there.</summary>
    /// <exception cref="CommandException">It is not understood.</exception>
    public Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        _http.ReadAsync(response, type, cancellationToken);

    public void Dispose() => _http.Dispose();

    private async Task<(HttpResponseMessage Response, string? Refusal)> AskAsync(
        HttpRequestMessage message, CancellationTokenSource? silence, string[] expected, CancellationToken cancellationToken,
        HttpCompletionOption completion = HttpCompletionOption.ResponseContentRead)
    {
        var response = await _http.SendAsync(message, cancellationToken, silence, completion);
        if (response.IsSuccessStatusCode)
            return (response, null);
        var problem = response.Content.Headers.ContentType?.MediaType == "application/problem+json"
            ? await _http.ReadAsync(response, ApiJson.Default.Problem, cancellationToken)
            : new Problem();
        if (problem.Code is not null && expected.Contains(problem.Code, StringComparer.Ordinal))
            return (response, problem.Code);
        using (response)
        {
            throw new CommandException(Line((int)response.StatusCode, problem));
        }
    }

    /// <summary>What went wrong in one line: the sentence the API gives, and the fields it names.</summary>
    private static string Line(int status, Problem problem)
    {
        var sentence = problem.Detail ?? problem.Title ?? "The API gave no reason; is this its address?";
        var fields = string.Concat((problem.Errors ?? [])
            .Select(field => $"{field.Key}: {string.Join(' ', field.Value)}")
            .Where(field => !sentence.Contains(field, StringComparison.Ordinal))
            .Select(field => $" {field}"));
        var remedy = status switch
        {
            401 => " The key is one of --key-file, --key or FLASHCALL_API_KEY.",
            >= 500 => " Look into the services' logs if it stays.",
            _ => "",
        };
        return $"{sentence}{fields}{remedy} ({status}{(problem.Code is null ? "" : $" {problem.Code}")})";
    }
}

/// <summary>An error of the API (RFC 9457).</summary>
internal sealed record Problem
{
    public string? Title { get; init; }

    public string? Detail { get; init; }

    public string? Code { get; init; }

    public Dictionary<string, string[]>? Errors { get; init; }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Problem))]
internal sealed partial class ApiJson : JsonSerializerContext;
