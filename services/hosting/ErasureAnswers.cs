using FlashCall.Contracts;

namespace FlashCall.Hosting;

/// <summary>How a service says that it has forgotten a person.</summary>
public static class ErasureAnswers
{
    /// <summary>Answers the command. A repeated command is answered with the same message id, so that it counts once.</summary>
    /// <param name="messenger">Sends it.</param>
    /// <param name="command">What is answered.</param>
    /// <param name="service">The service that answers: the name of its queue.</param>
    /// <param name="erased">How many rows went or were made blank, by table.</param>
    /// <param name="kept">How many rows stay for a reason of their own, by table; null for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static Task AnswerAsync(
        this Messenger messenger, EraseSubject command, string service, IReadOnlyDictionary<string, long> erased,
        IReadOnlyDictionary<string, long>? kept, CancellationToken cancellationToken) =>
        messenger.SendAsync(
            Queues.Verification,
            new SubjectErased
            {
                ErasureId = command.ErasureId,
                Round = command.Round,
                Part = command.Part,
                Service = service,
                Erased = erased,
                Kept = kept ?? new Dictionary<string, long>(StringComparer.Ordinal),
            },
            MessageId.Derive(command.ErasureId, $"erased-{service}-{command.Round}-{command.Part}"), cancellationToken);
}
