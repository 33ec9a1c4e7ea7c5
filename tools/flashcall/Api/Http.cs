using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace FlashCall.Cli.Api;

/// <summary>A peer over HTTP, whose silence and nonsense become one line for the person.</summary>
/// <param name="what">What the peer is, at the beginning of a sentence: <c>The API</c>.</param>
/// <param name="address">Where it is.</param>
/// <param name="remedy">What to do when it does not answer.</param>
internal sealed class Http(string what, Uri address, string remedy) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // Each request is timed on its own: an upload may take as long as it makes progress.
    private readonly HttpClient _client = new(new SocketsHttpHandler { Expect100ContinueTimeout = Patience })
    {
        BaseAddress = address,
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public HttpClient Client => _client;

    /// <summary>Sends a request and returns the response, whatever its status.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="silence">Cancelled when the peer has been silent for too long; by default half a minute after the request.</param>
    /// <param name="completion">Whether to wait for the whole body.</param>
    /// <exception cref="CommandException">It does not answer.</exception>
    public async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken, CancellationTokenSource? silence = null,
        HttpCompletionOption completion = HttpCompletionOption.ResponseContentRead)
    {
        using var patience = silence is null ? new CancellationTokenSource(Patience) : null;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, (silence ?? patience)!.Token);
        try
        {
            return await _client.SendAsync(request, completion, either.Token);
        }
        catch (HttpRequestException exception)
        {
            throw new CommandException($"{what} at {address} does not answer ({Reason(exception)}). {remedy}", exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CommandException($"{what} at {address} did not answer in time. {remedy}", exception);
        }
    }

    /// <summary>Reads a body that must be there.</summary>
    public async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        try
        {
            return await response.Content.ReadFromJsonAsync(type, cancellationToken) ?? throw new JsonException("null");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or HttpRequestException)
        {
            throw new CommandException(
                $"{what} at {address} answered {(int)response.StatusCode} with a body that is not understood. Is this its address?", exception);
        }
    }

    public void Dispose() => _client.Dispose();

    private static string Reason(HttpRequestException exception) => exception.HttpRequestError switch
    {
        HttpRequestError.ConnectionError => "no connection",
        HttpRequestError.NameResolutionError => "unknown host",
        HttpRequestError.SecureConnectionError => "no secure connection",
        _ => exception.Message,
    };
}
