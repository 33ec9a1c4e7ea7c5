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
    public bool Is(Exception exception) => DatabaseOutage.Of(exception) is not null || Causes(exception).Any(cause => cause switch
    {
        // Invalid authorization: a password that an operator is changing. A request is told of it as of a fault, a message can wait.
        PostgresException { SqlState: ['2', '8', ..] } => true,
        TimeoutException => true,
        // Something gave up by its own clock: the message's own cancellation is not tried again at all.
        OperationCanceledException or ConsumerCanceledException => true,
        // The receiving service has never run, or the broker has lost its queue and it is about to make it anew.
        MessageReturnedException => true,
        ConnectionException or TransportException or TransportUnavailableException or RabbitMQClientException => true,
        _ => more.Any(type => type.IsInstanceOfType(cause)),
    });

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
