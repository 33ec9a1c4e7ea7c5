using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FlashCall.Gateway.Tests.Webhooks;

/// <summary>What a receiver got.</summary>
internal sealed record Hook(string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body);

/// <summary>Somebody's server that takes webhooks, and answers as it is told: 204 unless something else is said.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly WebApplication _app;
    private readonly Channel<Hook> _hooks = Channel.CreateUnbounded<Hook>();

    private Receiver(WebApplication app) => _app = app;

    /// <summary>Answers a request that was taken down.</summary>
    public Func<HttpContext, Task> Answer { get; set; } = context => Status(context, 204);

    /// <summary>Where it is: http://127.0.0.1:port.</summary>
    public Uri Address => new(_app.Urls.First());

    public string Url => $"{Address}hooks";

    /// <summary>How many came that nobody has looked at.</summary>
    public int Unseen => _hooks.Reader.Count;

    public static async Task<Receiver> StartAsync(string url = "http://127.0.0.1:0", Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        configure?.Invoke(builder);
        var app = builder.Build();
        var receiver = new Receiver(app);
        app.Map("{**path}", receiver.TakeAsync);
        await app.StartAsync();
        return receiver;
    }

    public static Task Status(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    /// <summary>The next that came, or comes.</summary>
    public async Task<Hook> NextAsync()
    {
        using var timeout = new CancellationTokenSource(Patience);
        return await _hooks.Reader.ReadAsync(timeout.Token);
    }

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        _hooks.Writer.TryWrite(new Hook(
            context.Request.Path,
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body.ToArray()));
        await Answer(context);
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
