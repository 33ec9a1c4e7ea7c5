using Microsoft.Extensions.Logging;

namespace FlashCall.Hosting;

/// <summary>
/// Tells an operator of an outage of the database once when it begins and once when it is over, however many requests it costs and however
/// often background work meets it. It is taken for over when nothing has met it for <see cref="Quiet"/>: a database whose disk is full
/// answers health checks all the same.
/// </summary>
public sealed partial class OutageLog : IDisposable
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
    private long _putOff;

    /// <summary>An outage log; one for each process.</summary>
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
        if (Note(outage, isRequest: true))
            LogBegun(outage, "A request", exception.GetBaseException());
    }

    /// <summary>Notes background work that could not be carried out and is tried again.</summary>
    /// <param name="exception">What was met.</param>
    /// <param name="work">What met it: <c>Deadlines</c>.</param>
    /// <returns>False where it is no outage, but something that somebody has to look into: the caller logs it whole.</returns>
    public bool Waits(Exception exception, string work)
    {
        if (DatabaseOutage.Of(exception) is not { } outage)
            return false;
        if (Note(outage, isRequest: false))
            LogBegun(outage, work, exception.GetBaseException());
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _look.Dispose();

    /// <returns>Whether it is news.</returns>
    private bool Note(DatabaseOutage outage, bool isRequest)
    {
        lock (_lock)
        {
            _last = _time.GetUtcNow();
            if (_current is null)
            {
                (_since, _refused, _putOff) = (_last, 0, 0);
                _look.Change(Quiet, Quiet);
            }
            if (isRequest)
                _refused++;
            else
                _putOff++;
            if (_current?.Cause == outage.Cause)
                return false;
            _current = outage;
            return true;
        }
    }

    private void Look()
    {
        double seconds;
        long refused;
        long putOff;
        lock (_lock)
        {
            if (_current is null || _time.GetUtcNow() - _last < Quiet)
                return;
            _current = null;
            _look.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            (seconds, refused, putOff) = ((_last - _since).TotalSeconds, _refused, _putOff);
        }
        LogOver(refused, putOff, seconds);
    }

    private void LogBegun(DatabaseOutage outage, string work, Exception met) =>
        LogBegun(outage.Cause, outage.Remedy, work, met.GetType().Name, met.Message);

    [LoggerMessage(Level = LogLevel.Error, Message = "Requests are answered 503 and background work waits: the database cannot do its part "
        + "({Cause}). {Remedy} {Work} met it first: {Error}: {Detail}")]
    private partial void LogBegun(string cause, string remedy, string work, string error, string detail);

    [LoggerMessage(Level = LogLevel.Information, Message = "The database does its part again: {Refused} requests were answered 503 and "
        + "background work was put off {PutOff} times within {Seconds:F0} s")]
    private partial void LogOver(long refused, long putOff, double seconds);
}
