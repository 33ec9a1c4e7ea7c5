using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace FlashCall.Gateway.Webhooks.Receivers;

/// <summary>Finds the addresses that a name stands for.</summary>
internal delegate Task<IPAddress[]> ResolveName(string host, CancellationToken cancellationToken);

/// <summary>
/// Posts to addresses that applications chose. The address that is really connected to is checked, after the name was resolved and by the
/// same look-up, so that a name that stands for another address a moment later gains nothing. No redirects, no proxy, no cookies, and no
/// more of an answer than is asked for.
/// </summary>
internal sealed class ReceiverClient : IDisposable
{
    /// <summary>The time for a connection and an answer.</summary>
    public static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);

    /// <summary>The time for the body, once there is a status.</summary>
    private static readonly TimeSpan BodyWithin = TimeSpan.FromSeconds(2);

    private const int LargestHeadersKiB = 16;
    private const string UserAgent = "FlashCall-Webhooks/1";

    /// <summary>What is left of a body after the part that is wanted may be read off, to keep the connection; bytes.</summary>
    private const int ReadOff = 4096;

    /// <summary>An address that does not answer leaves time for the name's next one.</summary>
    private static readonly TimeSpan ConnectWithin = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan IdleFor = TimeSpan.FromSeconds(30);

    private readonly ReceiverAddresses _addresses;
    private readonly ResolveName _resolve;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;

    public ReceiverClient(WebhookSettings settings, ResolveName resolve, TimeProvider time)
    {
        _addresses = new ReceiverAddresses(settings.AllowedNetworks);
        _resolve = resolve;
        _time = time;
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = ConnectAsync,
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            MaxResponseHeadersLength = LargestHeadersKiB,
            MaxResponseDrainSize = ReadOff,
            ResponseDrainTimeout = TimeSpan.FromSeconds(1),
            PooledConnectionLifetime = ConnectionLifetime,
            PooledConnectionIdleTimeout = IdleFor,
            // Our trace is nothing for strangers, and their addresses, which may hold a secret, are nothing for our traces.
            ActivityHeadersPropagator = null,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Posts a JSON document.</summary>
    /// <param name="url">Where to: http or https.</param>
    /// <param name="headers">Headers beside the body's own.</param>
    /// <param name="contentType">The body's <c>Content-Type</c>, as it shall stand.</param>
    /// <param name="body">The document.</param>
    /// <param name="keep">How many bytes of the answer's body to return at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<ReceiverAnswer> PostAsync(
        Uri url, IEnumerable<KeyValuePair<string, string>> headers, string contentType, ReadOnlyMemory<byte> body, int keep,
        CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        request.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var timeout = new CancellationTokenSource(AnswerWithin, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var began = _time.GetTimestamp();
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            var duration = _time.GetElapsedTime(began);
            timeout.CancelAfter(BodyWithin);
            return new ReceiverAnswer
            {
                Status = (int)response.StatusCode,
                RetryAfter = RetryAfterOf(response),
                Body = await BeginningOfAsync(response, keep, either.Token),
                Duration = duration,
            };
        }
        catch (Exception exception)
            when (exception is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return new ReceiverAnswer { Error = ErrorOf(exception), Duration = _time.GetElapsedTime(began) };
        }
    }

    public void Dispose() => _http.Dispose();

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await _resolve(host, cancellationToken);
        // One that is not public among public ones is no mistake of the name's owner.
        if (!addresses.All(_addresses.MayConnect))
            throw new AddressNotAllowedException();
        Exception? last = null;
        foreach (var address in addresses)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            using var timeout = new CancellationTokenSource(ConnectWithin, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, port), either.Token);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                socket.Dispose();
                cancellationToken.ThrowIfCancellationRequested();
                last = exception is SocketException ? exception : new SocketException((int)SocketError.TimedOut);
            }
        }
        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }

    /// <summary>The status counts, whatever becomes of the body.</summary>
    private static async Task<byte[]> BeginningOfAsync(HttpResponseMessage response, int keep, CancellationToken cancellationToken)
    {
        var buffer = new byte[keep];
        var length = 0;
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            while (length < keep && await body.ReadAsync(buffer.AsMemory(length), cancellationToken) is > 0 and var read)
                length += read;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            return buffer[..length];
        }
        return buffer[..length];
    }

    private TimeSpan? RetryAfterOf(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - _time.GetUtcNow(),
        _ => null,
    };

    private static string ErrorOf(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case AddressNotAllowedException:
                    return ReceiverErrors.AddressNotAllowed;
                case AuthenticationException:
                    return ReceiverErrors.TlsFailed;
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain }:
                    return ReceiverErrors.NameNotResolved;
            }
        }
        return exception switch
        {
            OperationCanceledException => ReceiverErrors.Timeout,
            HttpRequestException
            {
                HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded
                    or HttpRequestError.HttpProtocolError,
            } => ReceiverErrors.InvalidResponse,
            _ => ReceiverErrors.ConnectionFailed,
        };
    }

    /// <summary>The name stands for an address that is not public. The message says no more: it may reach logs.</summary>
    private sealed class AddressNotAllowedException() : Exception("The receiver's address is not public.");
}
