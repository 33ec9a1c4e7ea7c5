using MassTransit;

namespace FlashCall.Hosting;

/// <summary>Sends commands and answers to a service's queue, and is sure that they arrived there.</summary>
public sealed class Messenger(IBus bus, BusNames names)
{
    /// <summary>Sends a message to a service's queue and returns when a quorum of the broker's nodes has it.</summary>
    /// <param name="queue">One of <see cref="Contracts.Queues"/>.</param>
    /// <param name="message">The message.</param>
    /// <param name="messageId">See <see cref="Contracts.MessageId"/>: a repeat carries the same id.</param>
    /// <param name="cancellationToken">Gives up; whether the message went out is then unknown.</param>
    /// <exception cref="MessageReturnedException">The queue does not exist yet: its service has never run. Try again later.</exception>
    public async Task SendAsync(string queue, object message, Guid messageId, CancellationToken cancellationToken)
    {
        var endpoint = await bus.GetSendEndpoint(names.AddressOf(queue));
        await endpoint.Send(message, message.GetType(), Pipe.Execute<SendContext>(context =>
        {
            context.MessageId = messageId;
            // Without this the broker confirms a message that no queue takes, and it is gone.
            if (context.TryGetPayload<RabbitMqSendContext>(out var rabbit))
                rabbit.Mandatory = true;
        }), cancellationToken);
    }

    /// <summary>Publishes a fact for whoever listens, nobody included.</summary>
    public Task PublishAsync(object message, Guid messageId, CancellationToken cancellationToken) =>
        bus.Publish(message, message.GetType(), Pipe.Execute<PublishContext>(context => context.MessageId = messageId), cancellationToken);
}
