using FlashCall.Testing;

namespace FlashCall.Dialer.Tests.Support;

/// <summary>Waits for a service.</summary>
internal static class Wait
{
    /// <summary>Waits until a service says that it is ready.</summary>
    public static async Task UntilReadyAsync(Uri service)
    {
        using var http = new HttpClient { BaseAddress = service };
        await Eventually.TrueAsync(async () => (await http.GetAsync("/health/ready")).IsSuccessStatusCode, "the service is ready");
    }
}
