using System.Diagnostics;
using System.Runtime.InteropServices;
using FlashCall.Testing;

// Runs a command with test servers: they start once, the command finds them in FLASHCALL_POSTGRES and FLASHCALL_RABBITMQ, and they end
// with it. The exit code is the command's; 1 if there are no servers.
if (args.Length == 0)
{
    await Console.Error.WriteLineAsync("Usage: FlashCall.Testing COMMAND [ARGUMENT…]   runs the command with PostgreSQL and RabbitMQ for tests");
    return 2;
}

using var stopping = new CancellationTokenSource();
Process? child = null;

// On Ctrl-C the child hears it too and ends by itself; what does not is killed. The servers end in any case.
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var hungUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);

try
{
    await using var servers = await TestServers.StartAsync(stopping.Token);
    await Console.Error.WriteLineAsync($"Test servers: {servers.Description}");
    var start = new ProcessStartInfo(args[0], args.Skip(1))
    {
        Environment =
        {
            [TestServers.PostgresVariable] = servers.Postgres,
            [TestServers.RabbitMqVariable] = servers.RabbitMq,
        },
    };
    using var process = child = Process.Start(start);
    try
    {
        await child!.WaitForExitAsync(stopping.Token);
    }
    catch (OperationCanceledException)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await child!.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            child!.Kill(entireProcessTree: true);
            await child.WaitForExitAsync(CancellationToken.None);
        }
        return 130;
    }
    return child.ExitCode;
}
catch (Exception exception) when (exception is InvalidOperationException or System.ComponentModel.Win32Exception or OperationCanceledException)
{
    await Console.Error.WriteLineAsync(exception is OperationCanceledException ? "Stopped." : exception.Message);
    return 1;
}

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stopping.Cancel();
}
