using FlashCall.Contracts;
using FlashCall.Hosting;
using MassTransit;

namespace FlashCall.NumberPool.Subjects;

/// <summary>Forgets a person and says so.</summary>
internal sealed class EraseSubjectConsumer(SubjectData subjects, Messenger messenger, TimeProvider time) : IConsumer<EraseSubject>
{
    /// <inheritdoc/>
    public async Task Consume(ConsumeContext<EraseSubject> context)
    {
        var command = context.Message;
        var erased = await subjects.EraseAsync(
            command.Number, command.Sessions.SelectMany(session => session.Attempts), time.GetUtcNow(), context.CancellationToken);
        await messenger.AnswerAsync(command, Queues.NumberPool, erased, kept: null, context.CancellationToken);
    }
}
