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

    /// <summary>Waits until a service says that it is ready.</summary>
    public static async Task UntilReadyAsync(Uri service)
    {
        using var http = new HttpClient { BaseAddress = service };
        await UntilAsync(async () => (await http.GetAsync("/health/ready")).IsSuccessStatusCode, "the service is ready");
    }

    public static Task UntilAsync(Func<bool> condition, string what, double seconds = 20) =>
        UntilAsync(() => Task.FromResult(condition()), what, seconds);
}
