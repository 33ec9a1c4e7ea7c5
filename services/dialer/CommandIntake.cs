using FlashCall.Contracts;
using FlashCall.Hosting;
using MassTransit;

namespace FlashCall.Dialer;

/// <summary>The way commands come in, which can be closed while the bus still carries reports out.</summary>
internal sealed class CommandIntake(BusNames names) : IReceiveEndpointObserver
{
    private IReceiveEndpoint? _commands;

    /// <summary>Takes no more commands and returns when those being handled are. What waits in this process goes back to the queue, and
    /// to another replica, when the bus stops.</summary>
    public Task CloseAsync(CancellationToken cancellationToken) => _commands?.Stop(cancellationToken) ?? Task.CompletedTask;

    Task IReceiveEndpointObserver.Ready(ReceiveEndpointReady ready)
    {
        if (ready.InputAddress.AbsolutePath.EndsWith($"/{names.Of(Queues.Dialer)}", StringComparison.Ordinal))
            _commands = ready.ReceiveEndpoint;
        return Task.CompletedTask;
    }

    Task IReceiveEndpointObserver.Stopping(ReceiveEndpointStopping stopping) => Task.CompletedTask;

    Task IReceiveEndpointObserver.Completed(ReceiveEndpointCompleted completed) => Task.CompletedTask;

    Task IReceiveEndpointObserver.Faulted(ReceiveEndpointFaulted faulted) => Task.CompletedTask;
}
