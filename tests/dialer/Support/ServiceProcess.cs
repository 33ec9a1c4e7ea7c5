using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace FlashCall.Dialer.Tests.Support;

/// <summary>A program of ours in a process of its own, which can be killed.</summary>
internal sealed class ServiceProcess : IDisposable
{
    private readonly Process _process;
    private readonly TaskCompletionSource<Uri> _http = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServiceProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) =>
        {
            if (Regex.Match(line.Data ?? "", @"Now listening on: (http://[0-9.]+:[0-9]+)") is { Success: true } found)
                _http.TrySetResult(new Uri(found.Groups[1].Value));
        };
        process.BeginOutputReadLine();
    }

    /// <summary>Where it serves HTTP.</summary>
    public Uri Http => _http.Task.Result;

    /// <summary>A dialer that counts as dead a second after its last sign of life.</summary>
    public static Task<ServiceProcess> StartDialerAsync(TestPlatform platform, IReadOnlyDictionary<string, string> trunks) =>
        StartAsync("FlashCall.Dialer.dll", [.. platform.Arguments, "--Dialer:SipListen=127.0.0.1:0", "--Dialer:SipT1=00:00:00.1",
            "--Dialer:AliveFor=00:00:01", .. DialerReplica.TrunkArguments(trunks)]);

    /// <summary>A handset.</summary>
    public static Task<ServiceProcess> StartHandsetAsync(int sipPort, params IEnumerable<string> more) =>
        StartAsync("FlashCall.Handset.dll", [$"--Handset:SipListen=127.0.0.1:{sipPort}", "--urls=http://127.0.0.1:0", .. more]);

    private static async Task<ServiceProcess> StartAsync(string assembly, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true };
        foreach (var argument in arguments.Prepend(Path.Combine(AppContext.BaseDirectory, assembly)).Prepend("exec"))
            start.ArgumentList.Add(argument);
        var service = new ServiceProcess(Process.Start(start)!);
        try
        {
            await Wait.UntilReadyAsync(await service._http.Task.WaitAsync(TimeSpan.FromSeconds(20)));
            return service;
        }
        catch
        {
            service.Dispose();
            throw;
        }
    }

    /// <summary>Without a chance to do anything.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Freeze() => Signal("STOP");

    public void Wake() => Signal("CONT");

    public void Terminate() => Signal("TERM");

    public async Task ExitsAsync()
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await _process.WaitForExitAsync(timeout.Token);
        Assert.Equal(0, _process.ExitCode);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            Kill();
        _process.Dispose();
    }

    private void Signal(string name)
    {
        using var kill = Process.Start("kill", ["-s", name, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }
}
