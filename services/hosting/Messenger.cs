using System.Security.Cryptography;
using System.Text;
using MassTransit;

namespace FlashCall.Hosting;

/// <summary>Sends commands and answers to a service's queue, and is sure that they arrived there.</summary>
public sealed class Messenger(IBus bus, BusNames names)
{
    /// <summary>Sends a message to a service's queue and returns when a quorum of the broker's nodes has it.</summary>
    /// <param name="queue">One of <see cref="Contracts.Queues"/>.</param>
    /// <param name="message">The message.</param>
    /// <param name="messageId">See <see cref="DeriveId"/>: a repeat carries the same id.</param>
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

    /// <summary>
    /// The id of a message that follows from another thing: the same cause and role give the same id, so that a repeat can be told from news.
    /// </summary>
    /// <param name="cause">The session, attempt or message that caused it.</param>
    /// <param name="role">What it is in relation to the cause, such as <c>risk-assessed</c>.</param>
    public static Guid DeriveId(Guid cause, string role)
    {
        Span<byte> input = stackalloc byte[16 + Encoding.UTF8.GetMaxByteCount(role.Length)];
        cause.TryWriteBytes(input, bigEndian: true, out _);
        var length = 16 + Encoding.UTF8.GetBytes(role, input[16..]);
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(input[..length], hash);
        // A name-based UUID of version 8 (RFC 9562 §5.8): SHA-256, the variant and version bits set.
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
