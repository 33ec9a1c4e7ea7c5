using System.Runtime.CompilerServices;
using MassTransit;
using MassTransit.RabbitMqTransport.Configuration;
using RabbitMQ.Client.Exceptions;

namespace FlashCall.Hosting;

/// <summary>How a service keeps to its broker: how soon it notices that the connection is gone, and how soon it tries for another.</summary>
internal static class BrokerConnection
{
    /// <summary>Between two tries; the library adds a second of its own. A person waits in front of a screen for what a session does
    /// next.</summary>
    public static readonly TimeSpan RetryEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>The interval of heartbeats (AMQP 0-9-1, section 4.2.7): after two of them without a sign of life the broker gives what a
    /// frozen replica held to another, and a service a broker up that does not answer.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);

    /// <summary>For a connection to be made: a broker that takes longer is asked again.</summary>
    private static readonly TimeSpan ConnectWithin = TimeSpan.FromSeconds(5);

    /// <summary>Sets it up.</summary>
    /// <param name="rabbit">The bus.</param>
    /// <param name="broker">The broker's address.</param>
    public static void Configure(IRabbitMqBusFactoryConfigurator rabbit, Uri broker)
    {
        rabbit.Host(broker, host =>
        {
            host.Heartbeat(Heartbeat);
            host.RequestedConnectionTimeout(ConnectWithin);
        });
        // The library's own pauses begin at 3 s, grow to 30 s, and never become short again: they are counted over the life of the
        // process and not of an outage. There is no setting for them.
        Policy((RabbitMqHostConfiguration)HostOf((RabbitMqBusFactoryConfigurator)rabbit)) = Retry.CreatePolicy(retry =>
        {
            // What says that the connection is to be made anew; the same policy repeats sends, and what is the message's own is none of it.
            retry.Handle<ConnectionException>();
            retry.Handle<AlreadyClosedException>();
            retry.Handle<EndOfStreamException>();
            retry.Handle<OperationInterruptedException>(exception => exception.ShutdownReason is { ReplyCode: >= 400 });
            retry.Interval(1000, RetryEvery);
        });
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_hostConfiguration")]
    private static extern ref readonly IRabbitMqHostConfiguration HostOf(RabbitMqBusFactoryConfigurator rabbit);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<ReceiveTransportRetryPolicy>k__BackingField")]
    private static extern ref IRetryPolicy Policy(RabbitMqHostConfiguration host);
}
