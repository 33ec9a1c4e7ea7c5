using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.Dialer.Tests.Support;

/// <summary>SIPp as the carrier, for one call; the scenario checks what we send.</summary>
internal sealed class Sipp : IAsyncDisposable
{
    private readonly Process _process;
    private readonly DirectoryInfo _folder;
    private readonly Task<string> _output;

    private Sipp(Process process, DirectoryInfo folder)
    {
        _process = process;
        _folder = folder;
        _output = process.StandardOutput.ReadToEndAsync();
    }

    /// <summary>A UDP port that nobody listens on.</summary>
    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>Starts a scenario of the folder <c>sipp</c> and waits until it listens.</summary>
    public static async Task<Sipp> StartAsync(string scenario, int port)
    {
        Assert.SkipUnless(IsInstalled, "SIPp is not installed. On Debian: apt-get install sip-tester.");
        var folder = Directory.CreateTempSubdirectory("sipp-");
        var start = new ProcessStartInfo("sipp")
        {
            UseShellExecute = false,
            WorkingDirectory = folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList =
            {
                "-sf", Path.Combine(AppContext.BaseDirectory, "sipp", $"{scenario}.xml"),
                "-i", "127.0.0.1", "-p", port.ToString(CultureInfo.InvariantCulture),
                "-m", "1", "-nostdin", "-timeout", "40s", "-timeout_error", "-trace_err", "-error_file", "errors.log",
            },
        };
        var sipp = new Sipp(Process.Start(start)!, folder);
        var socket = string.Create(CultureInfo.InvariantCulture, $"0100007F:{port:X4}");
        bool Listens() => File.ReadAllText("/proc/net/udp").Contains(socket, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => sipp._process.HasExited || Listens(), "SIPp listens");
        return sipp;
    }

    /// <summary>Waits until the scenario has run through.</summary>
    public async Task SucceedsAsync()
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(45));
        await _process.WaitForExitAsync(timeout.Token);
        if (_process.ExitCode == 0)
            return;
        var log = Path.Combine(_folder.FullName, "errors.log");
        var errors = File.Exists(log) ? await File.ReadAllTextAsync(log) : await _process.StandardError.ReadToEndAsync();
        Assert.Fail($"SIPp ended with {_process.ExitCode}. {errors}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _output;
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static bool IsInstalled =>
        Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "sipp")));
}
