using MassTransit;
using Npgsql;
using RabbitMQ.Client.Exceptions;

namespace FlashCall.Hosting;

/// <summary>Tells what no message is to blame for, and passes without anybody touching the message: a server that is away or full, a
/// service that does not answer.</summary>
/// <param name="more">What a service counts in beside PostgreSQL and RabbitMQ.</param>
internal sealed class BusOutage(IReadOnlyCollection<Type> more)
{
    /// <summary>True when the exception, or one that caused it, says so.</summary>
    public bool Is(Exception exception) => Causes(exception).Any(cause => cause switch
    {
        PostgresException answer => IsOfTheServer(answer.SqlState),
        NpgsqlException connection => connection.IsTransient,
        TimeoutException => true,
        // Something gave up by its own clock: the message's own cancellation is not tried again at all.
        OperationCanceledException or ConsumerCanceledException => true,
        // The receiving service has never run, or the broker has lost its queue and it is about to make it anew.
        MessageReturnedException => true,
        ConnectionException or TransportException or TransportUnavailableException or RabbitMQClientException => true,
        _ => more.Any(type => type.IsInstanceOfType(cause)),
    });

    /// <summary>The state of the server and not of the statement (PostgreSQL, appendix A, error codes).</summary>
    private static bool IsOfTheServer(string sqlState) => sqlState switch
    {
        // Cancelled statements: a limit of time that this one statement may never keep.
        "57014" => false,
        // Read-only: a standby that is about to be promoted, or the old primary. Database missing: being restored.
        "25006" or "3D000" => true,
        // Connections, credentials, full disk or memory or connections, shutdown, the server's own I/O.
        _ => sqlState[..2] is "08" or "28" or "53" or "57" or "58",
    };

    private static IEnumerable<Exception> Causes(Exception exception)
    {
        yield return exception;
        IEnumerable<Exception> inner = exception switch
        {
            AggregateException many => many.InnerExceptions,
            { InnerException: { } one } => [one],
            _ => [],
        };
        foreach (var cause in inner.SelectMany(Causes))
            yield return cause;
    }
}
