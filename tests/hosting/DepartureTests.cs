using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.Hosting.Tests;

/// <summary>How a process leaves that is told to stop: it says so, is given time, and then stops.</summary>
public sealed class DepartureTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task One_that_is_told_to_stop_says_so_and_serves_until_the_grace_is_over()
    {
        await using var running = await RunningApp.StartAsync(Build("--Shutdown:Grace=00:00:07"));
        Assert.Equal(HttpStatusCode.OK, await ReadyAsync(running));
        using (var before = await running.Client.GetAsync("/"))
            Assert.NotEqual(true, before.Headers.ConnectionClose);

        running.App.Services.GetRequiredService<Departure>().Begin();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await ReadyAsync(running));
        Assert.Equal(HttpStatusCode.OK, (await running.Client.GetAsync("/health/live")).StatusCode);
        using (var answer = await running.Client.GetAsync("/"))
        {
            Assert.Equal("served", await answer.Content.ReadAsStringAsync());
            // The next request goes over another connection, and so maybe to another replica.
            Assert.Equal(true, answer.Headers.ConnectionClose);
        }
        _time.Advance(TimeSpan.FromSeconds(6.9));
        Assert.False(running.App.Lifetime.ApplicationStopping.IsCancellationRequested);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.True(running.App.Lifetime.ApplicationStopping.IsCancellationRequested);
    }

    [Fact]
    public async Task One_that_is_told_twice_stops_at_once()
    {
        await using var running = await RunningApp.StartAsync(Build());
        var departure = running.App.Services.GetRequiredService<Departure>();
        departure.Begin();
        Assert.False(running.App.Lifetime.ApplicationStopping.IsCancellationRequested);
        departure.Begin();
        Assert.True(running.App.Lifetime.ApplicationStopping.IsCancellationRequested);
    }

    [Fact]
    public async Task Without_grace_it_stops_at_once()
    {
        await using var running = await RunningApp.StartAsync(Build("--Shutdown:Grace=00:00:00"));
        running.App.Services.GetRequiredService<Departure>().Begin();
        Assert.True(running.App.Lifetime.ApplicationStopping.IsCancellationRequested);
    }

    [Theory]
    [InlineData("--Shutdown:Grace=soon", "FLASHCALL_SHUTDOWN__GRACE")]
    [InlineData("--Shutdown:Grace=01:00:00", "FLASHCALL_SHUTDOWN__GRACE")]
    [InlineData("--Shutdown:Grance=00:00:05", "FLASHCALL_SHUTDOWN__GRANCE")]
    public void A_wrong_setting_is_named(string argument, string named)
    {
        var exception = Assert.Throws<SettingsException>(() => Build(argument));
        Assert.Contains(named, exception.Message, StringComparison.Ordinal);
    }

    private static async Task<HttpStatusCode> ReadyAsync(RunningApp running) => (await running.Client.GetAsync("/health/ready")).StatusCode;

    private WebApplication Build(params string[] args)
    {
        var builder = PlatformHost.CreateBuilder([.. args, "--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=None"], "test");
        builder.Services.AddSingleton<TimeProvider>(_time);
        var app = builder.Build().UsePlatformDefaults();
        app.MapGet("/", () => "served");
        return app;
    }
}
