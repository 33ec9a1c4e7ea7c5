using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace FlashCall.Load;

/// <summary>SIPp as the phone that rings.</summary>
internal sealed class SippServer : IAsyncDisposable
{
    private readonly Process _process;

    private SippServer(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    /// <summary>CPU time that it has used.</summary>
    public TimeSpan CpuTime => _process.TotalProcessorTime;

    public static async Task<SippServer> StartAsync(Cores cores, CancellationToken cancellationToken)
    {
        var port = FreePort();
        var process = Sipp.StartServer(
            cores, Path.GetTempPath(), "-sf", Sipp.Scenario("rings.xml"), "-p", port.ToString(CultureInfo.InvariantCulture));
        var server = new SippServer(process, port);
        while (!IPGlobalProperties.GetIPGlobalProperties().GetActiveUdpListeners().Any(listener => listener.Port == port))
        {
            if (process.HasExited)
                throw new InvalidOperationException($"The SIPp server ended with {process.ExitCode} before it listened on port {port}.");
            await Task.Delay(20, cancellationToken);
        }
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static int FreePort()
    {
        using var socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.Client.LocalEndPoint!).Port;
    }
}
