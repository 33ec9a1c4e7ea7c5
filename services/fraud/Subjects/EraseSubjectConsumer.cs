using FlashCall.Contracts;
using FlashCall.Hosting;
using MassTransit;

namespace FlashCall.Fraud.Subjects;

/// <summary>Forgets a person and says so.</summary>
internal sealed class EraseSubjectConsumer(SubjectData subjects, Messenger messenger) : IConsumer<EraseSubject>
{
    /// <inheritdoc/>
    public async Task Consume(ConsumeContext<EraseSubject> context)
    {
        var command = context.Message;
        var (erased, kept) = await subjects.EraseAsync(
            command.Number, command.Sessions.Select(session => session.VerificationId), context.CancellationToken);
        await messenger.AnswerAsync(command, Queues.Fraud, erased, kept, context.CancellationToken);
    }
}
