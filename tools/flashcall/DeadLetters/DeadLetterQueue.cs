using System.Runtime.CompilerServices;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace FlashCall.Cli.DeadLetters;

/// <summary>
/// One queue of dead letters. AMQP has no way to look at a message other than to take it; what is taken and not removed goes back to its
/// place when the channel closes, also when this process is killed.
/// </summary>
internal sealed class DeadLetterQueue(IChannel channel, string prefix, string home, string ending, uint count)
{
    /// <summary>What stands after the name of the service's queue: messages that failed, and messages that no consumer takes.</summary>
    public static readonly IReadOnlyList<string> Endings = ["_error", "_skipped"];

    /// <summary>RabbitMQ 4 throws away what was given back twenty times, and each look gives back. A copy begins anew.</summary>
    private const long RenewedAfter = 10;

    /// <summary>Takes one after the other, as many as there were at first: one that is replayed and fails again is not met twice.</summary>
    public async IAsyncEnumerable<DeadLetter> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var i = 0; i < count; i++)
        {
            if (await channel.BasicGetAsync(prefix + home + ending, autoAck: false, cancellationToken) is not { } taken)
                yield break;
            var letter = DeadLetter.Read(home + ending, taken);
            yield return letter;
            if (!letter.IsRemoved && letter.Returns >= RenewedAfter)
            {
                await PublishAsync(prefix + home + ending, letter, letter.Headers, cancellationToken);
                await RemoveAsync(letter, cancellationToken);
            }
        }
    }

    /// <summary>Puts a message back to the queue of its service, as it was first sent, and removes it here once the broker has it there.
    /// When this process is killed in between, the message is in both: services know a repeat.</summary>
    /// <exception cref="CommandException">The service's queue does not exist, or the broker does not take the message.</exception>
    public async Task ReplayAsync(DeadLetter letter, CancellationToken cancellationToken)
    {
        try
        {
            await PublishAsync(prefix + home, letter, letter.HeadersAsSent(), cancellationToken);
        }
        catch (PublishException exception)
        {
            throw new CommandException(
                exception.IsReturn
                    ? $"The queue {prefix + home} does not exist: start the service once. The message stays in {prefix + home + ending}."
                    : $"The broker did not take the message {letter.MessageId}; it stays in {prefix + home + ending}.",
                exception);
        }
        await RemoveAsync(letter, cancellationToken);
    }

    /// <summary>Removes a message for good.</summary>
    public async Task RemoveAsync(DeadLetter letter, CancellationToken cancellationToken)
    {
        await channel.BasicAckAsync(letter.DeliveryTag, multiple: false, cancellationToken);
        letter.IsRemoved = true;
    }

    private async Task PublishAsync(
        string queue, DeadLetter letter, IDictionary<string, object?> headers, CancellationToken cancellationToken)
    {
        var properties = new BasicProperties(letter.Properties) { Headers = headers, Persistent = true };
        // The default exchange, whose routing keys are the names of queues; mandatory, or a missing queue would swallow it.
        await channel.BasicPublishAsync(exchange: "", queue, mandatory: true, properties, letter.Body, cancellationToken);
    }
}
