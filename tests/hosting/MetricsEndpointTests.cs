using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using FlashCall.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FlashCall.Hosting.Tests;

/// <summary>
/// The figures of a service, as Prometheus scrapes them. Not beside other tests: the instruments of hosts in one process share a stream,
/// and the host that stops first closes it for all.
/// </summary>
[Collection(nameof(MetricsEndpointTests))]
[CollectionDefinition(nameof(MetricsEndpointTests), DisableParallelization = true)]
public sealed class MetricsEndpointTests
{
    /// <summary>What the scrapers of Prometheus 2 and 3 ask for.</summary>
    public static TheoryData<string> Accepted =>
    [
        "text/plain;version=0.0.4",
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5,*/*;q=0.1",
    ];

    [Theory]
    [MemberData(nameof(Accepted))]
    public async Task Figures_are_served_under_the_names_that_rules_are_written_for(string accept)
    {
        await using var running = await StartAsync("--Metrics:Listen=127.0.0.1:0");
        using var meter = running.App.Services.GetRequiredService<IMeterFactory>().Create("FlashCall");
        meter.CreateCounter<long>("flashcall.test.things", "{thing}").Add(3, new KeyValuePair<string, object?>("kind", "good"));
        meter.CreateHistogram<double>("flashcall.test.delay", "s").Record(0.2);

        using var client = new HttpClient();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Accept", accept);
        var text = await client.GetStringAsync(Endpoint(running).Address);

        Assert.Contains("\nflashcall_test_things_total{kind=\"good\"} 3", text, StringComparison.Ordinal);
        Assert.Contains("\nflashcall_test_delay_seconds_count{} 1", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_address_of_the_requests_serves_no_figures_and_that_of_the_figures_no_requests()
    {
        await using var running = await StartAsync("--Metrics:Listen=127.0.0.1:0");
        using var client = new HttpClient();

        using var outside = await running.Client.GetAsync("/metrics");
        using var inside = await client.GetAsync(new Uri(Endpoint(running).Address!, "/health/live"));

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (outside.StatusCode, inside.StatusCode));
    }

    [Fact]
    public async Task Probes_and_scrapes_are_not_counted_as_requests()
    {
        await using var running = await StartAsync("--Metrics:Listen=127.0.0.1:0");
        using var client = new HttpClient();
        await running.Client.GetStringAsync("/health/live");
        await client.GetStringAsync(Endpoint(running).Address);
        using var asked = await running.Client.GetAsync("/asked");

        var text = await Eventually.ValueAsync(
            async () => await client.GetStringAsync(Endpoint(running).Address) is var scraped
                && scraped.Contains("http_route=\"/asked\"", StringComparison.Ordinal) ? scraped : null,
            "the request is counted");

        var counted = text.Split('\n').Where(line => line.StartsWith("http_server_request_duration_seconds_count", StringComparison.Ordinal))
            .ToList();
        Assert.Single(counted, line => line.Contains("http_route=\"/asked\"", StringComparison.Ordinal));
        Assert.DoesNotContain(counted, line => line.Contains("/health/", StringComparison.Ordinal)
            || line.Contains("/metrics", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_the_setting_nothing_is_served()
    {
        await using var running = await StartAsync();
        Assert.Null(running.App.Services.GetService<MetricsEndpoint>());
    }

    [Theory]
    [InlineData("--Metrics:Listen=9464", "Setting FLASHCALL_METRICS__LISTEN is '9464'. Give an IP address and a port, such as 0.0.0.0:9464 or [::]:9464.")]
    [InlineData("--Metrics:Port=9464", "Setting FLASHCALL_METRICS__PORT is no setting. Known here: Listen.")]
    public void A_wrong_setting_is_named(string argument, string message) =>
        Assert.Equal(message, Assert.Throws<SettingsException>(() => PlatformHost.CreateBuilder([argument], "test")).Message);

    [Fact]
    public async Task A_port_that_is_taken_ends_the_start()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        await using var app = Build($"--Metrics:Listen={taken.LocalEndpoint}");
        await Assert.ThrowsAsync<IOException>(() => app.StartAsync());
    }

    private static MetricsEndpoint Endpoint(RunningApp running) => running.App.Services.GetRequiredService<MetricsEndpoint>();

    private static Task<RunningApp> StartAsync(params string[] arguments) => RunningApp.StartAsync(Build(arguments));

    private static WebApplication Build(params string[] arguments)
    {
        var builder = PlatformHost.CreateBuilder(["--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=None", .. arguments], "test");
        var app = builder.Build().UsePlatformDefaults();
        app.MapGet("/asked", () => "answered");
        return app;
    }
}
