using System.Diagnostics.Metrics;
using FlashCall.Contracts;
using FlashCall.Hosting.Tracing;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FlashCall.Hosting;

/// <summary>The conventions of the bus: quorum queues, one a service; confirms; messages of one session one at a time.</summary>
public static class Bus
{
    /// <summary>Messages on their way to one process (prefetch), and handled by it at once. The first keeps the second fed over a round
    /// trip.</summary>
    private const int Prefetch = 256;

    private const int Concurrency = 64;

    /// <summary>
    /// Connects the service to the broker that <c>FLASHCALL_RABBITMQ</c> names and lets it take messages from its queue.
    /// The service starts without the broker too, and is ready once the broker answers.
    /// </summary>
    /// <param name="builder">The service.</param>
    /// <param name="queue">The service's queue, one of <see cref="Queues"/>; null for a service that takes no commands.</param>
    /// <param name="configure">Adds the consumers and says by which key messages are kept in order.</param>
    /// <param name="isVital">False for a service that goes on without the broker: it is then degraded while the broker is away, and not
    /// unready.</param>
    /// <exception cref="SettingsException">The address is missing or malformed.</exception>
    public static void AddBus(this WebApplicationBuilder builder, string? queue, Action<BusConfiguration> configure, bool isVital = true)
    {
        var broker = Address(builder.Configuration);
        var names = new BusNames(builder.Configuration["BusPrefix"] ?? "");
        var configuration = new BusConfiguration();
        configure(configuration);
        if (builder.Services.Any(service => service.ServiceType == typeof(TailSampling)))
        {
            configuration.ConsumeHere<TracesKept, TracesKeptConsumer>($"{KeptTraces.Queue}-{builder.Self().Instance}", published: true);
            builder.Services.AddHostedService<KeptTraces>();
        }

        builder.Services.AddSingleton(names);
        builder.Services.TryAddSingleton<Messenger>();
        if (queue is not null)
        {
            builder.Services.AddSingleton(services => new CommandIntake(names.Of(queue), services.GetRequiredService<Departure>()));
            builder.Services.AddReceiveEndpointObserver(services => services.GetRequiredService<CommandIntake>());
        }
        builder.Services.Configure<MassTransitHostOptions>(host =>
        {
            host.WaitUntilStarted = false;
            host.StopTimeout = TimeSpan.FromSeconds(15);
        });
        if (queue is not null)
        {
            builder.Services.AddSingleton(services => new QueueWatch(
                broker, names, queue, services.GetRequiredService<IMeterFactory>(), services.GetRequiredService<TimeProvider>()));
            builder.Services.AddHostedService(services => services.GetRequiredService<QueueWatch>());
            builder.Services.AddSingleton(services => new QueueWait(
                queue, services.GetRequiredService<IMeterFactory>(), services.GetRequiredService<TimeProvider>()));
            builder.Services.AddHealthChecks().AddCheck<QueueWatch>("dead_letters", tags: ["ready"]);
        }
        builder.Services.AddMassTransit(bus =>
        {
            bus.DisableUsageTelemetry();
            bus.ConfigureHealthCheckOptions(health =>
            {
                health.Name = "rabbitmq";
                health.Tags.Add("ready");
                health.MinimalFailureStatus = isVital ? HealthStatus.Unhealthy : HealthStatus.Degraded;
            });
            configuration.AddConsumers(bus);
            bus.UsingRabbitMq((context, rabbit) =>
            {
                BrokerConnection.Configure(rabbit, broker);
                // A null where a message has none is refused with the message, not met by a consumer.
                rabbit.ConfigureJsonSerializerOptions(options => new(options) { RespectNullableAnnotations = true });
                rabbit.MessageTopology.SetEntityNameFormatter(
                    new PrefixEntityNameFormatter(rabbit.MessageTopology.EntityNameFormatter, names.Prefix));
                if (queue is not null)
                {
                    rabbit.ReceiveEndpoint(names.Of(queue), endpoint =>
                    {
                        endpoint.SetQuorumQueue();
                        endpoint.PrefetchCount = Prefetch;
                        endpoint.ConcurrentMessageLimit = Concurrency;
                        // Commands are sent to the queue's exchange; a binding by message type would deliver what was meant for nobody.
                        endpoint.ConfigureConsumeTopology = false;
                        var redelivery = new Redelivery(configuration.Outage(), context.GetRequiredService<TimeProvider>());
                        endpoint.ConnectReceiveEndpointObserver(redelivery);
                        // Before the retries, so that each delivery counts once.
                        var wait = context.GetRequiredService<QueueWait>();
                        endpoint.UseExecute(wait.TakenUp);
                        endpoint.UseMessageRetry(retry => retry.SetRetryPolicy(_ => redelivery));
                        configuration.ConfigureEndpoint(endpoint, context);
                    });
                }
                configuration.ConfigureTemporaryEndpoints(rabbit, context, names);
            });
        });
    }

    private static Uri Address(IConfiguration configuration)
    {
        if (configuration["RabbitMq"] is not { Length: > 0 } text)
        {
            throw new SettingsException(
                "FLASHCALL_RABBITMQ", "is missing. Give the broker's address, such as amqp://flashcall:password@127.0.0.1:5672/.");
        }
        return Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "amqp" or "amqps"
            ? address
            : throw new SettingsException(
                "FLASHCALL_RABBITMQ", "is not an address of the form amqp://user:password@host:port/virtual-host.");
    }
}

/// <summary>The names on the broker: a prefix keeps several platforms on one broker apart (<c>FLASHCALL_BUSPREFIX</c>, empty by
/// default).</summary>
/// <param name="Prefix">Stands before every queue and exchange.</param>
public sealed record BusNames(string Prefix)
{
    /// <summary>The queue's name on this broker.</summary>
    public string Of(string queue) => Prefix + queue;

    /// <summary>The address to send to a queue. Its exchange, since <c>queue:</c> would declare the queue anew as a classic one.</summary>
    public Uri AddressOf(string queue) => new($"exchange:{Of(queue)}");
}

/// <summary>The consumers of a service and the order of its messages.</summary>
public sealed class BusConfiguration
{
    private const int Partitions = 256;
    private readonly Dictionary<Type, Action<IBusRegistrationConfigurator>> _registrations = [];
    private readonly List<Action<IRabbitMqReceiveEndpointConfigurator, IPartitioner>> _order = [];
    private readonly Dictionary<Type, Action<IRabbitMqReceiveEndpointConfigurator, IBusRegistrationContext>> _consumers = [];
    private readonly List<Action<IRabbitMqBusFactoryConfigurator, IBusRegistrationContext, BusNames>> _temporary = [];
    private readonly HashSet<Type> _outages = [];

    /// <summary>Counts an exception as an outage, as PostgreSQL's and RabbitMQ's are: a message that fails by it is tried again for as long
    /// as it lasts. For what says that another service does not answer, and never for what may lie in the message.</summary>
    public BusConfiguration WaitOut<TException>() where TException : Exception
    {
        _outages.Add(typeof(TException));
        return this;
    }

    /// <summary>Takes messages of a type from the service's queue. Messages with the same session id are handled one at a time, over all
    /// types added so, within this process; across replicas the store's version check decides. Their order is mostly, not always, that of
    /// sending: two that arrive within the same moment may change places, and one that is tried again lets the next pass.</summary>
    /// <param name="session">The session a message belongs to.</param>
    public BusConfiguration Consume<TMessage, TConsumer>(Func<TMessage, Guid> session)
        where TMessage : class
        where TConsumer : class, IConsumer<TMessage>
    {
        AddOnce<TConsumer>();
        _order.Add((endpoint, partitioner) => endpoint.UsePartitioner<TMessage>(partitioner, message => session(message.Message)));
        // Connects the consumer to all message types it takes: a second time, and each message would be handled twice.
        _consumers[typeof(TConsumer)] = (endpoint, context) => endpoint.ConfigureConsumer<TConsumer>(context);
        return this;
    }

    /// <summary>Takes published messages of a type from the service's queue: each is taken by one replica, and none is lost while the service
    /// is away. The rest as <see cref="Consume"/>.</summary>
    /// <param name="session">The session a message belongs to.</param>
    public BusConfiguration ConsumePublished<TMessage, TConsumer>(Func<TMessage, Guid> session)
        where TMessage : class
        where TConsumer : class, IConsumer<TMessage>
    {
        _order.Add((endpoint, _) => endpoint.Bind<TMessage>());
        return Consume<TMessage, TConsumer>(session);
    }

    /// <summary>Takes messages that every replica shall see, or that are meant for this one alone, from a queue that lives as long as the
    /// process. Such a message may be lost with it: nothing may depend on its arrival.</summary>
    /// <param name="queue">The name of this replica's queue.</param>
    /// <param name="published">True to take every published message of the type; false to take what is sent to the queue.</param>
    public BusConfiguration ConsumeHere<TMessage, TConsumer>(string queue, bool published)
        where TMessage : class
        where TConsumer : class, IConsumer<TMessage>
    {
        AddOnce<TConsumer>();
        _temporary.Add((rabbit, context, names) => rabbit.ReceiveEndpoint(names.Of(queue), endpoint =>
        {
            endpoint.AutoDelete = true;
            endpoint.Durable = false;
            endpoint.PrefetchCount = 256;
            endpoint.ConfigureConsumeTopology = published;
            endpoint.DiscardFaultedMessages();
            endpoint.DiscardSkippedMessages();
            endpoint.ConfigureConsumer<TConsumer>(context);
        }));
        return this;
    }

    internal BusOutage Outage() => new(_outages);

    private void AddOnce<TConsumer>() where TConsumer : class, IConsumer =>
        _registrations[typeof(TConsumer)] = bus => bus.AddConsumer<TConsumer>();

    internal void AddConsumers(IBusRegistrationConfigurator bus)
    {
        foreach (var register in _registrations.Values)
            register(bus);
    }

    internal void ConfigureEndpoint(IRabbitMqReceiveEndpointConfigurator endpoint, IBusRegistrationContext context)
    {
        var partitioner = endpoint.CreatePartitioner(Partitions);
        foreach (var keepInOrder in _order)
            keepInOrder(endpoint, partitioner);
        foreach (var connect in _consumers.Values)
            connect(endpoint, context);
    }

    internal void ConfigureTemporaryEndpoints(IRabbitMqBusFactoryConfigurator rabbit, IBusRegistrationContext context, BusNames names)
    {
        foreach (var configure in _temporary)
            configure(rabbit, context, names);
    }
}
