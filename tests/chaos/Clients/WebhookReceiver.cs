using System.Collections.Concurrent;
using System.Text.Json;
using FlashCall.Chaos.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FlashCall.Chaos.Clients;

/// <summary>A backend that is told of ends. Of what is verified, one in thirty it takes only when it is told a second
/// time.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private const int RefusesOneIn = 30;

    private readonly ConcurrentQueue<ToldWebhook> _told = new();
    private readonly ConcurrentDictionary<Guid, bool> _refused = new();
    private readonly WebApplication _app;

    private WebhookReceiver(WebApplication app) => _app = app;

    /// <summary>Where it is told.</summary>
    public Uri Address => new($"{_app.Urls.Single()}/ended");

    /// <summary>What it was told and took, repeats included.</summary>
    public IReadOnlyCollection<ToldWebhook> Told => _told;

    /// <summary>How many it refused at first.</summary>
    public int Refused => _refused.Count;

    /// <summary>A receiver on a free port.</summary>
    public static async Task<WebhookReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var receiver = new WebhookReceiver(builder.Build());
        receiver._app.Run(receiver.TakeAsync);
        await receiver._app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        var session = (await JsonSerializer.DeserializeAsync<JsonElement>(context.Request.Body, cancellationToken: context.RequestAborted))
            .GetProperty("data");
        var id = session.GetProperty("id").GetGuid();
        var status = session.GetProperty("status").GetString()!;
        if (status == "verified" && id.ToByteArray()[^1] % RefusesOneIn == 0 && _refused.TryAdd(id, true))
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }
        _told.Enqueue(new ToldWebhook(id, status));
    }
}
