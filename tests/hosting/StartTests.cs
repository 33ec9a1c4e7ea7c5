using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace FlashCall.Hosting.Tests;

/// <summary>What an operator reads when a service does not start, or stops by itself.</summary>
public sealed class StartTests : IDisposable
{
    private readonly ErrorLog _errors = new();

    public void Dispose() => _errors.Dispose();

    [Fact]
    public async Task A_port_that_is_taken_ends_the_service_without_a_stack_trace_in_the_log()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        Assert.Equal(1, await PlatformHost.RunAsync([$"--urls=http://{taken.LocalEndpoint}"], Build));
        Assert.Empty(_errors.Entries);
    }

    [Fact]
    public async Task A_background_service_that_fails_is_logged_with_its_error()
    {
        Assert.Equal(0, await PlatformHost.RunAsync(["--urls=http://127.0.0.1:0"], args => Build(args, builder =>
            builder.Services.AddHostedService<Failing>())));
        Assert.Contains(_errors.Entries, entry => entry is { Level: LogLevel.Critical, Exception: NotSupportedException });
    }

    private WebApplication Build(string[] args) => Build(args, _ => { });

    private WebApplication Build(string[] args, Action<WebApplicationBuilder> add)
    {
        var builder = PlatformHost.CreateBuilder(args, "test");
        builder.Logging.ClearProviders().AddProvider(_errors);
        add(builder);
        return builder.Build();
    }

    /// <summary>Fails as soon as the service serves.</summary>
    private sealed class Failing(IHostApplicationLifetime lifetime) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var _ = lifetime.ApplicationStarted.Register(started.SetResult);
            await started.Task;
            throw new NotSupportedException();
        }
    }
}
