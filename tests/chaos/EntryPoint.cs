using System.Runtime.InteropServices;
using Xunit.MicrosoftTestingPlatform;

namespace FlashCall.Chaos;

/// <summary>The tests, or with <c>ledger</c> as the first argument the long run.</summary>
internal static class EntryPoint
{
    public static Task<int> Main(string[] args) => args is ["ledger", .. var options]
        ? RunAsync(options)
        : TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);

    /// <returns>0 if every word was kept, 1 if not, 2 for wrong options, 130 when it was broken off.</returns>
    private static async Task<int> RunAsync(string[] args)
    {
        if (!ChaosOptions.TryRead(args, out var options, out var mistake))
        {
            await Console.Error.WriteLineAsync(mistake);
            return 2;
        }
        using var stop = new CancellationTokenSource();
        void Stop(PosixSignalContext context)
        {
            // The process goes on until everything that it started has ended.
            context.Cancel = true;
            stop.Cancel();
        }
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var gone = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        try
        {
            var result = await new ChaosRun(options, Say).RunAsync(stop.Token);
            result.Write(Console.Out);
            Console.WriteLine(result.ToJson());
            return result.Breaches.Count == 0 ? 0 : 1;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("Broken off; everything that was started has ended.");
            return 130;
        }
    }

    private static void Say(string line) => Console.Error.WriteLine($"{TimeProvider.System.GetLocalNow():HH:mm:ss} {line}");
}
