using System.ComponentModel;
using System.Diagnostics;
using FlashCall.Handset.Calls;
using Xunit;

namespace FlashCall.Handset.Tests;

/// <summary>A caller that is not ours: SIPp.</summary>
public sealed class SippTests
{
    [Fact]
    public async Task Flash_calls_by_SIPp_all_ring_and_all_are_missed()
    {
        const int Calls = 200;
        await using var handset = await RunningHandset.StartAsync();
        var folder = Directory.CreateTempSubdirectory("sipp");
        try
        {
            var scenario = Path.Combine(AppContext.BaseDirectory, "Scenarios", "flash-call.xml");
            using var sipp = Start(
                folder.FullName, $"{handset.Sip} -sf {scenario} -s +46701740605 -i 127.0.0.1 -m {Calls} -r 200 -nostdin -trace_err");
            var output = sipp.StandardOutput.ReadToEndAsync();
            await sipp.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token);

            Assert.True(sipp.ExitCode == 0, $"SIPp ended with {sipp.ExitCode}:\n{Errors(folder)}\n{await output}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
        // The last ACK may still be on its way when SIPp ends; the calls are over before it.
        var totals = handset.Http.GetStringAsync("/calls");
        Assert.Contains($"\"missed\":{Calls},", await totals, StringComparison.Ordinal);
        Assert.Equal(0, handset.Carrier.CallsUnderWay);
        Assert.Equal(CallState.Missed, (await handset.EndedAsync("+46701740605")).State);
    }

    private static string Errors(DirectoryInfo folder) => string.Concat(folder.GetFiles().Select(file => File.ReadAllText(file.FullName)));

    private static Process Start(string folder, string arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo("sipp", arguments)
            {
                WorkingDirectory = folder,
                UseShellExecute = false,
                RedirectStandardOutput = true,
            })!;
        }
        catch (Win32Exception)
        {
            Assert.Skip("SIPp is not installed; Debian's package is sip-tester.");
            throw;
        }
    }
}
