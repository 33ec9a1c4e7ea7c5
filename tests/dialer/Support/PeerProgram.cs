using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using System.Text;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.Dialer.Tests.Support;

/// <summary>A SIP program that is not ours, in a folder of its own that goes with it. However a test ends, it is killed with all
/// processes it has made.</summary>
internal sealed class PeerProgram : IAsyncDisposable
{
    // Should the test process itself be killed, nobody disposes anything.
    private const string LongestLife = "300";

    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private PeerProgram(Process process, DirectoryInfo folder)
    {
        _process = process;
        Folder = folder;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Where it runs.</summary>
    public DirectoryInfo Folder { get; }

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>What it has written to its standard output and error so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>A folder for one program.</summary>
    public static DirectoryInfo CreateFolder(string program) => Directory.CreateTempSubdirectory($"{program}-");

    /// <summary>Starts it; on a Debian without it the test fails, elsewhere it is skipped.</summary>
    /// <param name="program">Its command.</param>
    /// <param name="package">Debian's package that has it.</param>
    /// <param name="folder">From <see cref="CreateFolder"/>.</param>
    /// <param name="arguments">Its arguments.</param>
    public static PeerProgram Start(string program, string package, DirectoryInfo folder, params IEnumerable<string> arguments)
    {
        if (Find(program) is not { } path)
        {
            folder.Delete(recursive: true);
            var missing = $"{program} is not installed. On Debian: deploy/local/packages {package}";
            Assert.SkipUnless(Find("apt-get") is not null, missing);
            throw new InvalidOperationException(missing);
        }
        var start = new ProcessStartInfo("timeout", ["--kill-after=1", LongestLife, path, .. arguments])
        {
            UseShellExecute = false,
            WorkingDirectory = folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return new PeerProgram(Process.Start(start)!, folder);
    }

    /// <summary>Waits until it listens.</summary>
    /// <param name="address">Where.</param>
    /// <param name="tcp">Over TCP rather than UDP.</param>
    public async Task ListensAsync(IPEndPoint address, bool tcp = false)
    {
        await Eventually.TrueAsync(
            () =>
            {
                var properties = IPGlobalProperties.GetIPGlobalProperties();
                return HasExited || (tcp ? properties.GetActiveTcpListeners() : properties.GetActiveUdpListeners()).Contains(address);
            },
            $"a program listens on {address}");
        if (HasExited)
            Assert.Fail($"The program that should listen on {address} ended with {ExitCode}. {Output}");
    }

    /// <summary>Waits until it ends by itself.</summary>
    public async Task ExitsAsync(TimeSpan within)
    {
        using var timeout = new CancellationTokenSource(within);
        await _process.WaitForExitAsync(timeout.Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        Folder.Delete(recursive: true);
    }

    private static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/sbin")
            .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (_output)
            _output.AppendLine(line);
    }
}
