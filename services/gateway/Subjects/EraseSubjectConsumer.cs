using FlashCall.Contracts;
using FlashCall.Hosting;
using MassTransit;

namespace FlashCall.Gateway.Subjects;

/// <summary>Forgets a person and says so. The number itself stands nowhere here: its sessions are what it is found by.</summary>
internal sealed class EraseSubjectConsumer(SubjectData subjects, Messenger messenger) : IConsumer<EraseSubject>
{
    public async Task Consume(ConsumeContext<EraseSubject> context)
    {
        var command = context.Message;
        var erased = await subjects.EraseAsync(command.Sessions, context.CancellationToken);
        await messenger.AnswerAsync(command, Queues.Gateway, erased, kept: null, context.CancellationToken);
    }
}
