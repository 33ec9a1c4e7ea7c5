using System.Diagnostics;
using Xunit;

namespace FlashCall.Dialer.Tests.Support;

/// <summary>Waits for something to become true, with a deadline.</summary>
internal static class Wait
{
    public static async Task UntilAsync(Func<Task<bool>> condition, string what, double seconds = 20)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed.TotalSeconds > seconds)
                Assert.Fail($"Not within {seconds} s: {what}.");
            await Task.Delay(20);
        }
    }

    public static Task UntilAsync(Func<bool> condition, string what, double seconds = 20) =>
        UntilAsync(() => Task.FromResult(condition()), what, seconds);
}
