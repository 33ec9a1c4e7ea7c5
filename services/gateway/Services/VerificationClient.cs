using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlashCall.Gateway.Access;
using FlashCall.Gateway.Forwarding;
using FlashCall.Hosting;
using Yarp.ReverseProxy;

namespace FlashCall.Gateway.Services;

/// <summary>
/// Asks the verification service for what the gateway itself does with sessions: webhooks and the Sinch-compatible surface. Whether the
/// caller may ask is for the caller's endpoint to check. A replica that does not take a request is passed over, as it is for the requests
/// that are forwarded.
/// </summary>
internal sealed class VerificationClient(
    GatewaySettings settings, InternalTokens tokens, IProxyStateLookup proxy, TimeProvider time) : IDisposable
{
    /// <summary>The header with the id of the session to start; services get it from the gateway alone.</summary>
    public const string VerificationIdHeader = "FlashCall-Verification-Id";

    /// <summary>The header that has a session recorded as denied at once, with the reason.</summary>
    public const string DeniedHeader = "FlashCall-Denied";

    private const string Path = "/v1/verifications";
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(2);

    /// <summary>How long a replica may take to say how a session stands before another is asked.</summary>
    private static readonly TimeSpan LookWithin = TimeSpan.FromSeconds(5);

    private static readonly string[] ReadScopes = [Scopes.VerificationsRead];

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        ConnectTimeout = ConnectTimeout,
        PooledConnectionLifetime = ConnectionLifetime,
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
    })
    {
        // Each request has a limit of its own, by which it can be told from the limit for the connection.
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private readonly ConcurrentDictionary<string, (string Token, DateTimeOffset RenewAt)> _readTokens = new(StringComparer.Ordinal);

    /// <summary>Looks a session up, as the application would see it. It need not have the scope for it: one that is told how its sessions
    /// end may only be able to start them.</summary>
    /// <exception cref="VerificationUnavailableException">No replica answered.</exception>
    public Task<VerificationAnswer> GetAsync(string applicationId, Guid id, CancellationToken cancellationToken) =>
        LookAsync(applicationId, $"{Path}/{id}", wait: null, cancellationToken);

    /// <summary>The same, with an answer that waits until the session has ended, or for so long.</summary>
    /// <param name="applicationId">The application.</param>
    /// <param name="id">The session.</param>
    /// <param name="wait">For how long, in whole seconds; shorter than a replica may take for any answer.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="VerificationUnavailableException">No replica answered.</exception>
    public Task<VerificationAnswer> GetAsync(string applicationId, Guid id, TimeSpan wait, CancellationToken cancellationToken) =>
        LookAsync(applicationId, $"{Path}/{id}", wait, cancellationToken);

    /// <summary>Lists sessions of the application.</summary>
    /// <param name="applicationId">The application.</param>
    /// <param name="query">The query with its question mark, escaped: <c>?reference=a%2Fb&amp;limit=1</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="VerificationUnavailableException">No replica answered.</exception>
    public Task<VerificationAnswer> ListAsync(string applicationId, string query, CancellationToken cancellationToken) =>
        LookAsync(applicationId, Path + query, wait: null, cancellationToken);

    /// <summary>Starts a session.</summary>
    /// <param name="applicationId">The application.</param>
    /// <param name="request">What <c>POST /v1/verifications</c> takes.</param>
    /// <param name="headers">Such as <see cref="VerificationIdHeader"/> or <c>Idempotency-Key</c>; null for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="VerificationUnavailableException">No replica took it, or the answer is missing.</exception>
    public Task<VerificationAnswer> StartAsync(
        string applicationId, JsonObject request, IReadOnlyDictionary<string, string>? headers, CancellationToken cancellationToken) =>
        PostAsync(applicationId, Path, request, headers, cancellationToken);

    /// <summary>Reports the caller ID of a session's call.</summary>
    /// <param name="applicationId">The application.</param>
    /// <param name="id">The session.</param>
    /// <param name="report">What <c>POST /v1/verifications/{id}/report</c> takes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="VerificationUnavailableException">No replica took it, or the answer is missing.</exception>
    public Task<VerificationAnswer> ReportAsync(string applicationId, Guid id, JsonObject report, CancellationToken cancellationToken) =>
        PostAsync(applicationId, $"{Path}/{id}/report", report, headers: null, cancellationToken);

    /// <summary>Cancels a session.</summary>
    /// <exception cref="VerificationUnavailableException">No replica took it, or the answer is missing.</exception>
    public Task<VerificationAnswer> CancelAsync(string applicationId, Guid id, CancellationToken cancellationToken) =>
        PostAsync(applicationId, $"{Path}/{id}/cancel", [], headers: null, cancellationToken);

    /// <summary>Hands on what a phone noticed of a session's call.</summary>
    /// <param name="applicationId">The application.</param>
    /// <param name="id">The session.</param>
    /// <param name="telemetry">What <c>POST /v1/verifications/{id}/telemetry</c> takes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="VerificationUnavailableException">No replica took it, or the answer is missing.</exception>
    public Task<VerificationAnswer> TelemetryAsync(
        string applicationId, Guid id, JsonObject telemetry, CancellationToken cancellationToken) =>
        PostAsync(applicationId, $"{Path}/{id}/telemetry", telemetry, headers: null, cancellationToken);

    public void Dispose() => _http.Dispose();

    private async Task<VerificationAnswer> LookAsync(
        string applicationId, string address, TimeSpan? wait, CancellationToken cancellationToken)
    {
        Exception? last = null;
        foreach (var replica in Replicas())
        {
            using var request = Request(HttpMethod.Get, replica, address, ReadToken(applicationId));
            if (wait is { } asked)
                request.Headers.Add("Prefer", string.Create(CultureInfo.InvariantCulture, $"wait={asked.TotalSeconds:F0}"));
            using var timeout = new CancellationTokenSource(LookWithin, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            try
            {
                var answer = await SendAsync(request, either.Token);
                // Another replica may be better off; the last one's word is as good as any.
                if (answer.Status is not (StatusCodes.Status502BadGateway or StatusCodes.Status503ServiceUnavailable))
                    return answer;
                last = new HttpRequestException($"{replica.Authority} answered {answer.Status}.");
            }
            catch (Exception exception) when (IsNoAnswer(exception) && !cancellationToken.IsCancellationRequested)
            {
                last = exception;
            }
        }
        throw Unavailable(last);
    }

    private async Task<VerificationAnswer> PostAsync(
        string applicationId, string address, JsonObject body, IReadOnlyDictionary<string, string>? headers,
        CancellationToken cancellationToken)
    {
        Exception? last = null;
        foreach (var replica in Replicas())
        {
            using var request = Request(HttpMethod.Post, replica, address, tokens.For(applicationId));
            request.Content = JsonContent.Create(body);
            foreach (var (name, value) in headers ?? new Dictionary<string, string>(StringComparer.Ordinal))
                request.Headers.Add(name, value);
            using var timeout = new CancellationTokenSource(settings.AnswerTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            try
            {
                return await SendAsync(request, either.Token);
            }
            catch (Exception exception) when (IsNoAnswer(exception) && !cancellationToken.IsCancellationRequested)
            {
                last = exception;
                // What was sent may have been done: only where nothing was, another replica may be asked.
                if (timeout.IsCancellationRequested || !NothingWasSent(exception))
                    break;
            }
        }
        throw Unavailable(last);
    }

    private static HttpRequestMessage Request(HttpMethod method, Uri replica, string address, string token) =>
        new(method, new Uri(replica, address)) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };

    private async Task<VerificationAnswer> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var response = await _http.SendAsync(request, cancellationToken);
        var bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        var isJson = response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.OrdinalIgnoreCase) == true;
        return new VerificationAnswer((int)response.StatusCode, isJson ? JsonSerializer.Deserialize<JsonElement>(bytes) : default);
    }

    /// <summary>The replicas that look well, in an order by chance, then the others.</summary>
    private IEnumerable<Uri> Replicas()
    {
        var well = proxy.TryGetCluster(Routes.Verification, out var cluster)
            ? cluster.DestinationsState.AvailableDestinations.Select(replica => new Uri(replica.Model.Config.Address)).ToArray()
            : [];
        Random.Shared.Shuffle(well);
        return well.Concat(settings.Verification).Distinct();
    }

    private string ReadToken(string applicationId)
    {
        var now = time.GetUtcNow();
        if (_readTokens.TryGetValue(applicationId, out var current) && now < current.RenewAt)
            return current.Token;
        var minted = (settings.IdentityKey.Mint(applicationId, ReadScopes), now + InternalIdentity.Minter.Lifetime / 2);
        _readTokens[applicationId] = minted;
        return minted.Item1;
    }

    private static bool IsNoAnswer(Exception exception) =>
        exception is HttpRequestException or OperationCanceledException or IOException or JsonException;

    /// <summary>There was no connection; it was cancelled when it did not come about in time.</summary>
    private static bool NothingWasSent(Exception exception) => exception is OperationCanceledException or HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
            or HttpRequestError.SecureConnectionError,
    };

    private static VerificationUnavailableException Unavailable(Exception? cause) =>
        new("No replica of the verification service answered. See Gateway:Verification and the service's /health/ready.", cause);
}
