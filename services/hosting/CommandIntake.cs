using MassTransit;

namespace FlashCall.Hosting;

/// <summary>
/// The way commands come in from the service's queue, which closes while the bus still carries answers out. It does as soon as the process
/// is told to stop (see <see cref="Departure"/>): what is being handled has the grace to end and to be sent, what waits here goes to
/// another replica, or back to the queue until one is there.
/// </summary>
public sealed class CommandIntake : IReceiveEndpointObserver, IDisposable
{
    private readonly string _queue;
    private readonly CancellationTokenRegistration _departure;
    private readonly Lock _lock = new();
    private IReceiveEndpoint? _commands;
    private Task? _closed;
    private bool _isClosing;

    /// <param name="queue">The queue's name on the broker.</param>
    /// <param name="departure">Says when the process is told to stop.</param>
    internal CommandIntake(string queue, Departure departure)
    {
        _queue = queue;
        _departure = departure.Begun.Register(() => _ = CloseAsync(CancellationToken.None));
    }

    /// <summary>Takes no more commands and returns when those being handled are. Again: waits for the same.</summary>
    /// <param name="cancellationToken">Waits no longer; the way stays closed.</param>
    public Task CloseAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _isClosing = true;
            _closed ??= _commands?.Stop(CancellationToken.None);
            return (_closed ?? Task.CompletedTask).WaitAsync(cancellationToken);
        }
    }

    Task IReceiveEndpointObserver.Ready(ReceiveEndpointReady ready)
    {
        lock (_lock)
        {
            if (!ready.InputAddress.AbsolutePath.EndsWith($"/{_queue}", StringComparison.Ordinal))
                return Task.CompletedTask;
            _commands = ready.ReceiveEndpoint;
            // It became ready after it was closed, as where the broker came late.
            if (_isClosing)
                _closed ??= _commands.Stop(CancellationToken.None);
        }
        return Task.CompletedTask;
    }

    Task IReceiveEndpointObserver.Stopping(ReceiveEndpointStopping stopping) => Task.CompletedTask;

    Task IReceiveEndpointObserver.Completed(ReceiveEndpointCompleted completed) => Task.CompletedTask;

    Task IReceiveEndpointObserver.Faulted(ReceiveEndpointFaulted faulted) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose() => _departure.Dispose();
}
