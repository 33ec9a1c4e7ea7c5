using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Xunit;

namespace FlashCall.Hosting.Tests;

/// <summary>An operator is told once that the database is away, and once that it is back.</summary>
public sealed class OutageLogTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly Lines _lines = new();
    private readonly OutageLog _log;

    public OutageLogTests() => _log = new OutageLog(_time, _lines);

    public void Dispose() => _log.Dispose();

    [Fact]
    public void Many_requests_that_fail_alike_are_one_line_and_one_when_it_is_over()
    {
        for (var i = 0; i < 50; i++)
        {
            Meet("53100");
            _time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal("disk_full", _log.Current!.Cause);
        _time.Advance(OutageLog.Quiet + OutageLog.Quiet);

        Assert.Null(_log.Current);
        Assert.Equal([LogLevel.Error, LogLevel.Information], _lines.All.Select(line => line.Level));
        Assert.Contains("disk_full", _lines.All.First().Text, StringComparison.Ordinal);
        Assert.Contains("50 requests", _lines.All.Last().Text, StringComparison.Ordinal);
        Assert.All(_lines.All, line => Assert.Null(line.Exception));
    }

    [Fact]
    public void Another_cause_and_another_outage_are_told_again()
    {
        Meet("53300");
        Meet("53100");
        _time.Advance(OutageLog.Quiet);
        Meet("53100");
        Assert.Equal(
            [LogLevel.Error, LogLevel.Error, LogLevel.Information, LogLevel.Error], _lines.All.Select(line => line.Level));
    }

    [Fact]
    public void Background_work_that_is_tried_each_second_is_one_line_and_one_when_it_is_over()
    {
        for (var i = 0; i < 30; i++)
        {
            Assert.True(_log.Waits(new NpgsqlException("away", new System.Net.Sockets.SocketException(111)), "Deadlines"));
            _time.Advance(TimeSpan.FromSeconds(1));
        }
        _time.Advance(OutageLog.Quiet + OutageLog.Quiet);

        Assert.Contains("Deadlines met it first", _lines.All.First().Text, StringComparison.Ordinal);
        Assert.Equal([LogLevel.Error, LogLevel.Information], _lines.All.Select(line => line.Level));
        Assert.Contains("put off 30 times", _lines.All.Last().Text, StringComparison.Ordinal);
        Assert.All(_lines.All, line => Assert.Null(line.Exception));
    }

    [Fact]
    public void What_is_no_outage_is_left_to_who_met_it()
    {
        Assert.False(_log.Waits(new PostgresException("no such column", "ERROR", "ERROR", "42703"), "Deadlines"));
        Assert.Empty(_lines.All);
    }

    private void Meet(string state)
    {
        var exception = new PostgresException("no room", "ERROR", "ERROR", state);
        _log.Note(DatabaseOutage.Of(new InvalidOperationException("outer", exception))!, exception);
    }

    private sealed class Lines : ILogger<OutageLog>
    {
        public ConcurrentQueue<(LogLevel Level, string Text, Exception? Exception)> All { get; } = [];

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Enqueue((logLevel, formatter(state, exception), exception));

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
    }
}
