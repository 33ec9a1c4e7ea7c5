using FlashCall.Contracts;
using FlashCall.NumberPool.Leases;
using FlashCall.NumberPool.Limits;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.NumberPool.Tests.Limits;

public sealed class LimitAlarmsTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly Lines _log = new();

    [Fact]
    public void Each_kind_is_told_once_a_minute()
    {
        var alarms = new LimitAlarms(_time, _log);
        var told = Assert.IsType<PoolLimitReached>(alarms.Notice(Refusal(LeaseRefusal.CalleeLimit)));
        Assert.Equal((LimitKind.Callee, _time.GetUtcNow(), _time.GetUtcNow().AddMinutes(6)), (told.Kind, told.At, told.RetryAt));
        Assert.Null(alarms.Notice(Refusal(LeaseRefusal.CalleeLimit)));
        Assert.Equal(LimitKind.Pool, alarms.Notice(Refusal(LeaseRefusal.PoolLimit))?.Kind);
        Assert.Equal(LimitKind.Client, alarms.Notice(Refusal(LeaseRefusal.ClientLimit))?.Kind);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.NotNull(alarms.Notice(Refusal(LeaseRefusal.CalleeLimit)));
        Assert.Equal(4, _log.Written.Count);
        Assert.All(_log.Written, line => Assert.Equal(LogLevel.Warning, line.Level));
        Assert.Contains("NumberPool:Limits:Callee", _log.Written[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_refusals_are_no_alarm()
    {
        var alarms = new LimitAlarms(_time, _log);
        Assert.Null(alarms.Notice(new LeaseAnswer.Refused(LeaseRefusal.AllBusy, "", null, null)));
        Assert.Empty(_log.Written);
    }

    private LeaseAnswer.Refused Refusal(LeaseRefusal reason) => new(reason, "", null, _time.GetUtcNow().AddMinutes(6));

    private sealed class Lines : ILogger<LimitAlarms>
    {
        public List<(LogLevel Level, string Text)> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add((logLevel, formatter(state, exception)));
    }
}
