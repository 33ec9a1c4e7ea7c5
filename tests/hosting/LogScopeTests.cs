using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FlashCall.Hosting.Tests;

/// <summary>What stands beside a line of the log that is written during a request.</summary>
public sealed class LogScopeTests
{
    [Fact]
    public async Task The_trace_stands_beside_a_line_and_the_address_does_not()
    {
        var builder = PlatformHost.CreateBuilder(["--urls=http://127.0.0.1:0"], "test");
        var log = new ScopeLog();
        builder.Services.AddSingleton<ILoggerProvider>(log);
        var app = builder.Build().UsePlatformDefaults();
        app.MapGet("/v1/subjects/{number}", (ILoggerFactory loggers) =>
        {
            loggers.CreateLogger("FlashCall.Test").Log(LogLevel.Warning, "something");
            return "";
        });
        await using var running = await RunningApp.StartAsync(app);

        await running.Client.GetStringAsync("/v1/subjects/+46701740605");

        var scopes = string.Join('\n', log.Scopes);
        Assert.Contains("TraceId", scopes, StringComparison.Ordinal);
        Assert.DoesNotContain("740605", scopes, StringComparison.Ordinal);
    }

    /// <summary>Keeps the scopes of the test's own lines.</summary>
    private sealed class ScopeLog : ILoggerProvider, ILogger, ISupportExternalScope
    {
        private IExternalScopeProvider? _scopes;

        public ConcurrentQueue<string> Scopes { get; } = [];

        public ILogger CreateLogger(string categoryName) => categoryName == "FlashCall.Test" ? this : NullLogger.Instance;

        public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _scopes?.ForEachScope((scope, said) => said.Enqueue($"{scope}"), Scopes);

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public void Dispose()
        {
        }
    }
}
