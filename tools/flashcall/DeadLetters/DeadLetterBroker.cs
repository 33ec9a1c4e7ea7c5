using System.Runtime.CompilerServices;
using FlashCall.Contracts;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace FlashCall.Cli.DeadLetters;

/// <summary>The queues of dead letters on a broker.</summary>
internal sealed class DeadLetterBroker(IConnection connection, string prefix) : IAsyncDisposable
{
    /// <summary>The services' queues, whose dead letters these are.</summary>
    public static readonly IReadOnlyList<string> Homes =
        [Queues.Verification, Queues.Fraud, Queues.NumberPool, Queues.Dialer, Queues.Gateway];

    private static readonly CreateChannelOptions Confirmed = new(
        publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true);

    /// <summary>Opens those that there are: a service makes each with its first dead letter.</summary>
    /// <param name="home">Of this service's queue only; null for all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async IAsyncEnumerable<DeadLetterQueue> OpenAsync(
        string? home, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var service in Homes.Where(service => home is null || home == service))
        {
            foreach (var ending in DeadLetterQueue.Endings)
            {
                // A channel each: the broker closes one that asks for what does not exist, and gives back what was taken on it.
                await using var channel = await connection.CreateChannelAsync(Confirmed, cancellationToken);
                if (await CountAsync(channel, prefix + service + ending, cancellationToken) is { } count)
                    yield return new DeadLetterQueue(channel, prefix, service, ending, count);
            }
        }
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private static async Task<uint?> CountAsync(IChannel channel, string queue, CancellationToken cancellationToken)
    {
        try
        {
            return (await channel.QueueDeclarePassiveAsync(queue, cancellationToken)).MessageCount;
        }
        catch (OperationInterruptedException exception) when (exception.ShutdownReason?.ReplyCode == Constants.NotFound)
        {
            return null;
        }
    }
}
