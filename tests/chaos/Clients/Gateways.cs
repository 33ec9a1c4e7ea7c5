using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace FlashCall.Chaos.Clients;

/// <summary>Speaks to the gateways as a backend with good manners does: on no answer, or one that says to try again, it asks the other
/// gateway after a while, with the same idempotency key.</summary>
internal sealed class Gateways : IDisposable
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1.5);

    private readonly IReadOnlyList<HttpClient> _clients;
    private readonly ConcurrentDictionary<string, int> _troubles = new(StringComparer.Ordinal);
    private int _requests;
    private int _next;

    public Gateways(IEnumerable<Uri> addresses, string apiKey) => _clients =
    [
        .. addresses.Select(address => new HttpClient
        {
            BaseAddress = address,
            Timeout = AnswerWithin,
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", apiKey) },
        }),
    ];

    /// <summary>Requests that were sent, repeats included.</summary>
    public int Requests => _requests;

    /// <summary>Why requests were repeated, and how often: <c>503</c>, <c>timeout</c>, <c>no connection</c>.</summary>
    public IReadOnlyDictionary<string, int> Troubles => _troubles;

    /// <summary>Asks until there is an answer that is one.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path.</param>
    /// <param name="body">Sent as JSON; null for none.</param>
    /// <param name="key">The idempotency key; null for none.</param>
    /// <param name="until">When the client gives up (UTC).</param>
    /// <param name="cancellationToken">The run is broken off.</param>
    /// <returns>Null when there was none in time.</returns>
    public async Task<Answer?> AskAsync(
        HttpMethod method, string path, object? body, string? key, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        do
        {
            var client = _clients[(int)((uint)Interlocked.Increment(ref _next) % _clients.Count)];
            if (await TryAsync(client, method, path, body, key, cancellationToken) is { } answer)
                return answer;
            await Task.Delay(pause, cancellationToken);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
        while (DateTimeOffset.UtcNow < until);
        return null;
    }

    public void Dispose()
    {
        foreach (var client in _clients)
            client.Dispose();
    }

    private async Task<Answer?> TryAsync(
        HttpClient client, HttpMethod method, string path, object? body, string? key, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _requests);
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        try
        {
            using var response = await client.SendAsync(request, cancellationToken);
            if ((int)response.StatusCode is >= 500 or 429)
            {
                Note($"{(int)response.StatusCode}");
                return null;
            }
            return new Answer(response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken));
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested
            && exception is HttpRequestException or OperationCanceledException or IOException or JsonException)
        {
            Note(exception is OperationCanceledException ? "timeout" : "no connection");
            return null;
        }
    }

    private void Note(string trouble) => _troubles.AddOrUpdate(trouble, 1, (_, count) => count + 1);

    /// <summary>An answer that is not of the kind to try again.</summary>
    internal sealed record Answer(HttpStatusCode Status, JsonElement Body)
    {
        /// <summary>A field of the body; null where there is none.</summary>
        public string? Text(string field) =>
            Body.ValueKind == JsonValueKind.Object && Body.TryGetProperty(field, out var value) ? value.GetString() : null;
    }
}
