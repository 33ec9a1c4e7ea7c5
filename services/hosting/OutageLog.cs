using Microsoft.Extensions.Logging;

namespace FlashCall.Hosting;

/// <summary>
/// Tells an operator of an outage of the database once when it begins and once when it is over, however many requests it costs. It is taken
/// for over when no request has met it for <see cref="Quiet"/>: a database whose disk is full answers health checks all the same.
/// </summary>
internal sealed partial class OutageLog : IDisposable
{
    /// <summary>How long nothing has to fail.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time;
    private readonly ILogger<OutageLog> _logger;
    private readonly ITimer _look;
    private readonly Lock _lock = new();
    private DatabaseOutage? _current;
    private DateTimeOffset _since;
    private DateTimeOffset _last;
    private long _refused;

    public OutageLog(TimeProvider time, ILogger<OutageLog> logger)
    {
        (_time, _logger) = (time, logger);
        _look = time.CreateTimer(_ => Look(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What requests meet at the moment; null where they meet none.</summary>
    public DatabaseOutage? Current
    {
        get
        {
            lock (_lock)
                return _current;
        }
    }

    /// <summary>Notes a request that could not be carried out.</summary>
    /// <param name="outage">Why.</param>
    /// <param name="exception">What was met; its message alone is logged.</param>
    public void Note(DatabaseOutage outage, Exception exception)
    {
        lock (_lock)
        {
            _last = _time.GetUtcNow();
            if (_current is null)
            {
                (_since, _refused) = (_last, 0);
                _look.Change(Quiet, Quiet);
            }
            _refused++;
            if (_current?.Cause == outage.Cause)
                return;
            _current = outage;
        }
        LogBegun(outage.Cause, outage.Remedy, exception.GetBaseException().GetType().Name, exception.GetBaseException().Message);
    }

    public void Dispose() => _look.Dispose();

    private void Look()
    {
        double seconds;
        long refused;
        lock (_lock)
        {
            if (_current is null || _time.GetUtcNow() - _last < Quiet)
                return;
            _current = null;
            _look.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            (seconds, refused) = ((_last - _since).TotalSeconds, _refused);
        }
        LogOver(refused, seconds);
    }

    [LoggerMessage(Level = LogLevel.Error,
        Message = "Requests are answered 503: the database cannot do its part ({Cause}). {Remedy} First met: {Error}: {Detail}")]
    private partial void LogBegun(string cause, string remedy, string error, string detail);

    [LoggerMessage(Level = LogLevel.Information,
        Message = "The database does its part again: {Refused} requests were answered 503 within {Seconds:F0} s")]
    private partial void LogOver(long refused, double seconds);
}
