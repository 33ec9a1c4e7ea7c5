using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.Hosting.Tests;

/// <summary>An operator changes what a running service logs.</summary>
public sealed class LogLevelTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new();
    private RunningApp _running = null!;
    private HttpClient _operator = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = PlatformHost.CreateBuilder(["--urls=http://127.0.0.1:0", "--Metrics:Listen=127.0.0.1:0"], "test");
        builder.Services.AddSingleton<TimeProvider>(_time);
        _running = await RunningApp.StartAsync(builder.Build().UsePlatformDefaults());
        _operator = new HttpClient { BaseAddress = _running.App.Services.GetRequiredService<MetricsEndpoint>().Address };
    }

    public async ValueTask DisposeAsync()
    {
        _operator.Dispose();
        await _running.DisposeAsync();
    }

    [Fact]
    public async Task A_level_holds_for_a_category_and_below_and_falls_back_by_itself()
    {
        var calls = Logger("FlashCall.Dialer.Calls.OngoingCall");
        var others = Logger("FlashCall.Fraud.Engine");
        Assert.False(calls.IsEnabled(LogLevel.Debug));

        using var set = await PutAsync("FlashCall.Dialer", new { level = "debug", @for = "00:30:00" });

        Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        Assert.True(calls.IsEnabled(LogLevel.Debug));
        Assert.False(others.IsEnabled(LogLevel.Debug));
        var shown = (await _operator.GetFromJsonAsync<JsonElement>("/log-levels")).GetProperty("levels");
        Assert.Equal(("FlashCall.Dialer", "Debug", _time.GetUtcNow().AddMinutes(30)), (
            shown[0].GetProperty("category").GetString(), shown[0].GetProperty("level").GetString(),
            shown[0].GetProperty("until").GetDateTimeOffset()));
        _time.Advance(TimeSpan.FromMinutes(29));
        Assert.True(calls.IsEnabled(LogLevel.Debug));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(calls.IsEnabled(LogLevel.Debug));
        Assert.True(calls.IsEnabled(LogLevel.Information));
    }

    [Fact]
    public async Task A_level_set_anew_holds_for_its_own_time_and_can_be_taken_back()
    {
        var bus = Logger("MassTransit.Messages");
        (await PutAsync("MassTransit", new { level = "Debug" })).Dispose();
        _time.Advance(TimeSpan.FromMinutes(10));
        (await PutAsync("MassTransit", new { level = "Debug" })).Dispose();
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.True(bus.IsEnabled(LogLevel.Debug));

        using var taken = await _operator.DeleteAsync(new Uri("/log-levels/MassTransit", UriKind.Relative));
        using var again = await _operator.DeleteAsync(new Uri("/log-levels/MassTransit", UriKind.Relative));

        Assert.False(bus.IsEnabled(LogLevel.Debug));
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NotFound), (taken.StatusCode, again.StatusCode));
    }

    [Theory]
    // Their lines hold whole addresses, and with them numbers.
    [InlineData("Microsoft.AspNetCore", """{"level":"Debug"}""", 422)]
    [InlineData("Default", """{"level":"Debug"}""", 422)]
    [InlineData("FlashCallers", """{"level":"Debug"}""", 422)]
    [InlineData("FlashCall", """{"level":"Loud"}""", 422)]
    [InlineData("FlashCall", """{"level":"1"}""", 422)]
    [InlineData("FlashCall", """{}""", 422)]
    [InlineData("FlashCall", """{"level":"Debug","for":"48:00:00"}""", 422)]
    [InlineData("FlashCall", """{"level":"Debug","for":"00:00:00"}""", 422)]
    [InlineData("FlashCall", "level=Debug", 400)]
    [InlineData("FlashCall", "null", 422)]
    public async Task What_is_wrong_changes_nothing(string category, string body, int status)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var response = await _operator.PutAsync(new Uri($"/log-levels/{category}", UriKind.Relative), content);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(0, (await _operator.GetFromJsonAsync<JsonElement>("/log-levels")).GetProperty("levels").GetArrayLength());
    }

    [Fact]
    public async Task The_address_of_the_requests_does_not_know_of_it()
    {
        using var response = await _running.Client.GetAsync(new Uri("/log-levels", UriKind.Relative));
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task Who_is_elsewhere_may_not()
    {
        var builder = PlatformHost.CreateBuilder(["--urls=http://127.0.0.1:0"], "test");
        var app = builder.Build();
        app.Use((context, next) =>
        {
            context.Connection.RemoteIpAddress = IPAddress.Parse("10.0.0.7");
            return next(context);
        });
        var levels = app.Services.GetRequiredService<LogLevels>();
        LogLevelEndpoints.Map(app, levels);
        await using var elsewhere = await RunningApp.StartAsync(app);

        using var read = await elsewhere.Client.GetAsync(new Uri("/log-levels", UriKind.Relative));
        using var set = await elsewhere.Client.PutAsJsonAsync("/log-levels/FlashCall", new { level = "Debug" });

        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (read.StatusCode, set.StatusCode));
        Assert.Empty(levels.All);
    }

    private ILogger Logger(string category) => _running.App.Services.GetRequiredService<ILoggerFactory>().CreateLogger(category);

    private Task<HttpResponseMessage> PutAsync(string category, object wish) => _operator.PutAsJsonAsync($"/log-levels/{category}", wish);
}
