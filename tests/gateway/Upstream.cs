using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Claims;
using FlashCall.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FlashCall.Gateway.Tests;

/// <summary>What a service got from the gateway.</summary>
internal sealed record Received(
    string Method, string Target, string Body, string Application, string Scope, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The session that the caller is bound to; null for none.</summary>
    public Guid? Session { get; init; }
}

/// <summary>
/// A service behind the gateway: it checks the gateway's token as the real ones do, records what it got, and answers as it is told.
/// </summary>
internal sealed class Upstream : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Received> _received = new();
    private readonly TaskCompletionSource<string> _probed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _probes;

    private Upstream(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.First());

    /// <summary>The requests so far, probes of its health excepted.</summary>
    public IReadOnlyCollection<Received> Received => _received;

    /// <summary>The trace context of a probe of its health once the gateway has started: it stands for four services, and the first probe
    /// of each comes before.</summary>
    public Task<string> Probe => _probed.Task;

    /// <summary>What it says of its own health; a replica that is about to stop says no, and serves all the same.</summary>
    public bool IsReady { get; set; } = true;

    /// <summary>How it answers; 200 and <c>{}</c> unless told otherwise.</summary>
    public RequestDelegate Answer { get; set; } = context => context.Response.WriteAsJsonAsync(new { });

    /// <summary>Handles requests for what everybody may have, for which it asks for no token.</summary>
    public RequestDelegate Public { get; set; } = context => context.Response.WriteAsJsonAsync(new { });

    /// <summary>Handles requests whose body is not to be read first, in place of everything else; null for none.</summary>
    public RequestDelegate? Instead { get; set; }

    public static async Task<Upstream> StartAsync(string publicKey)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        builder.Configuration["Identity:PublicKey"] = publicKey;
        builder.AddInternalIdentity();
        var app = builder.Build();
        var upstream = new Upstream(app);
        app.MapGet("/health/ready", (HttpContext context) =>
        {
            if (Interlocked.Increment(ref upstream._probes) == 5)
                upstream._probed.SetResult(context.Request.Headers.TraceParent.ToString());
            return upstream.IsReady ? Results.Text("ready") : Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
        }).AllowAnonymous();
        app.Map("/.well-known/{**path}", (HttpContext context) => upstream.Public(context)).AllowAnonymous();
        // For callers that are bound to a session too.
        app.Map("{**path}", upstream.HandleAsync).RequireAuthorization();
        await app.StartAsync();
        return upstream;
    }

    private async Task HandleAsync(HttpContext context)
    {
        if (Instead is { } instead)
        {
            await instead(context);
            return;
        }
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        _received.Enqueue(new Received(
            context.Request.Method,
            context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget,
            body,
            context.User.ApplicationId(),
            context.User.FindFirstValue(InternalIdentity.ScopeClaim) ?? "",
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase))
        {
            Session = context.User.SessionId(),
        });
        await Answer(context);
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}

/// <summary>An address where nobody listens, kept for as long as it is needed so that nobody else comes to listen there.</summary>
internal sealed class RefusingAddress : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public RefusingAddress() => _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_socket.LocalEndPoint!).Port}");

    public void Dispose() => _socket.Dispose();
}

/// <summary>An address where connections are never established: its queue of waiting connections is full, so further SYNs are dropped.</summary>
internal sealed class SilentAddress : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _queued = [];

    public SilentAddress()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(0);
        for (var i = 0; i < 4; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            try
            {
                socket.Connect(_listener.LocalEndPoint!);
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                // On its way, which is what it is for.
            }
            _queued.Add(socket);
        }
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}");

    public void Dispose()
    {
        _queued.ForEach(socket => socket.Dispose());
        _listener.Dispose();
    }
}
