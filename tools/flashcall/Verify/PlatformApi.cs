using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace FlashCall.Cli.Verify;

/// <summary>The platform's API as a client app sees it.</summary>
internal sealed class PlatformApi : IDisposable
{
    private readonly Http _http;

    public PlatformApi(Uri address, string key)
    {
        _http = new Http("The API", address, "Start the platform with ./run, or give its address by --api.");
        _http.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <summary>Starts a session; the answer comes when the caller ID is leased or the session denied, at most about a second later.</summary>
    public async Task<Session> StartAsync(SessionRequest request, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, "v1/verifications") { Content = JsonContent.Create(request, WireJson.Default.SessionRequest) };
        using var response = await SendAsync(message, cancellationToken);
        return await _http.ReadAsync(response, WireJson.Default.Session, cancellationToken);
    }

    /// <summary>The session with its timeline, read and as the API wrote it.</summary>
    public async Task<(Session Session, JsonElement Document)> GetAsync(string id, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, $"v1/verifications/{id}");
        using var response = await SendAsync(message, cancellationToken);
        var document = await _http.ReadAsync(response, WireJson.Default.JsonElement, cancellationToken);
        try
        {
            return (document.Deserialize(WireJson.Default.Session) ?? throw new JsonException("null"), document);
        }
        catch (JsonException exception)
        {
            throw new CommandException($"The API answered with a session that is not understood: {exception.Message}", exception);
        }
    }

    /// <summary>Reports what the phone showed. A wrong report is an answer; null if the session has ended meanwhile.</summary>
    public async Task<ReportAnswer?> ReportAsync(string id, CallerIdReport report, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, $"v1/verifications/{id}/report") { Content = JsonContent.Create(report, WireJson.Default.CallerIdReport) };
        using var response = await SendAsync(message, cancellationToken, "verification_ended");
        return response.IsSuccessStatusCode ? await _http.ReadAsync(response, WireJson.Default.ReportAnswer, cancellationToken) : null;
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage message, CancellationToken cancellationToken, string? expected = null)
    {
        var response = await _http.SendAsync(message, cancellationToken);
        if (response.IsSuccessStatusCode)
            return response;
        var problem = response.Content.Headers.ContentType?.MediaType == "application/problem+json"
            ? await _http.ReadAsync(response, WireJson.Default.Problem, cancellationToken)
            : new Problem();
        if (expected is not null && problem.Code == expected)
            return response;
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
