using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FlashCall.Handset.Calls;
using FlashCall.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace FlashCall.Handset.Tests;

/// <summary>A handset of its own, on free ports, with its HTTP face and a caller.</summary>
internal sealed class RunningHandset : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RunningHandset(WebApplication app)
    {
        _app = app;
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        Sip = app.Services.GetRequiredService<Carrier>().Sip!;
        Caller = new Caller(Sip);
    }

    public HttpClient Http { get; }

    public IPEndPoint Sip { get; }

    public Caller Caller { get; }

    public Carrier Carrier => _app.Services.GetRequiredService<Carrier>();

    public static async Task<RunningHandset> StartAsync(params string[] settings)
    {
        var app = HandsetService.Build([
            "--Handset:SipListen=127.0.0.1:0", "--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=Warning", .. settings]);
        await app.StartAsync();
        return new RunningHandset(app);
    }

    /// <summary>The call log of a phone once its newest call fulfils a condition.</summary>
    public Task<LoggedCall[]> CallsAsync(string phone, Func<LoggedCall, bool> newest) =>
        Eventually.ValueAsync(async () =>
        {
            var calls = await Http.GetFromJsonAsync<LoggedCall[]>($"/phones/{phone}/calls", JsonSerializerOptions.Web);
            return calls is [var first, ..] && newest(first) ? calls : null;
        }, "such a newest call in the phone's log");

    /// <summary>The newest call of a phone once it is over.</summary>
    public async Task<LoggedCall> EndedAsync(string phone) => (await CallsAsync(phone, call => call.EndedAt is not null))[0];

    public Task StopAsync() => _app.StopAsync();

    public Task UntilSomebodyWaitsAsync() =>
        Eventually.TrueAsync(() => _app.Services.GetRequiredService<CallLog>().Waiting > 0, "somebody waits for a ring");

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Caller.DisposeAsync();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
