using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace FlashCall.Load.Verifications;

/// <summary>Client apps and the persons with their phones: they start verifications at their times, whatever becomes of those before (an
/// open loop), and report what their phones show. Nothing is polled.</summary>
internal sealed class ClientApps : IDisposable
{
    /// <summary>A session that is not verified by then is a failure.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private const int Numbers = 10_000_000;

    // Has no factor in common with ten: all numbers come, and none beside the one before, which would be a sequence to fraud's rules.
    private const long Stride = 7_654_321;

    private readonly HttpClient[] _gateways;
    private readonly RingingPhones _phones;
    private long _next = Random.Shared.Next(Numbers);

    public ClientApps(IReadOnlyList<Uri> gateways, string key, RingingPhones phones)
    {
        _phones = phones;
        _gateways = [.. gateways.Select(gateway => new HttpClient(new SocketsHttpHandler
        {
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null,
        })
        {
            BaseAddress = gateway,
            Timeout = Patience,
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) },
        })];
    }

    /// <summary>Starts so many a second for so long, and waits for their ends.</summary>
    public async Task<RateResult> DriveAsync(int rate, TimeSpan length, CancellationToken cancellationToken)
    {
        var count = (int)(rate * length.TotalSeconds);
        var result = new RateResult(rate, count);
        var all = new Task[count];
        // A thread of its own keeps to the times, so that it is not held up by what it has begun.
        var (began, beganAt) = (Stopwatch.GetTimestamp(), DateTimeOffset.UtcNow);
        await Task.Factory.StartNew(
            () =>
            {
                for (var sent = 0; sent < count; sent++)
                {
                    var due = TimeSpan.FromSeconds((double)sent / rate);
                    while (due - Stopwatch.GetElapsedTime(began) is { Ticks: > 0 } left)
                        cancellationToken.WaitHandle.WaitOne(left < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : left);
                    cancellationToken.ThrowIfCancellationRequested();
                    result.Begin();
                    result.Late.Add(Stopwatch.GetElapsedTime(began) - due);
                    var (index, dueAt) = (sent, beganAt + due);
                    all[index] = Task.Run(() => VerifyAsync(result, index, dueAt), cancellationToken);
                }
            },
            cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.WhenAll(all);
        result.Took = Stopwatch.GetElapsedTime(began);
        return result;
    }

    public void Dispose()
    {
        foreach (var gateway in _gateways)
            gateway.Dispose();
    }

    private async Task VerifyAsync(RateResult result, int index, DateTimeOffset due)
    {
        var gateway = _gateways[index % _gateways.Length];
        var number = Interlocked.Add(ref _next, Stride) % Numbers;
        var phone = string.Create(CultureInfo.InvariantCulture, $"+4672{number:D7}");
        var rings = _phones.Expect(phone);
        var step = "POST";
        try
        {
            var id = await StartAsync(gateway, phone, number, result);
            if (id is null)
                return;
            result.Answered.Add(DateTimeOffset.UtcNow - due);
            step = "INVITE";
            var ring = await rings.WaitAsync(Patience);
            result.Invited.Add(ring.InvitedAt - due);
            step = "report";
            if (!await ReportAsync(gateway, id, ring.CallerId, result))
                return;
            var now = DateTimeOffset.UtcNow;
            result.Verified.Add(now - ring.RangAt);
            result.Whole.Add(now - due);
            result.Succeed();
        }
        catch (Exception exception) when (exception is HttpRequestException or TimeoutException or OperationCanceledException)
        {
            result.Fail($"{step}: {exception.GetType().Name}");
        }
        finally
        {
            _phones.Forget(phone);
            result.End();
        }
    }

    /// <returns>The session; null where there is none, which is counted.</returns>
    private static async Task<string?> StartAsync(HttpClient gateway, string phone, long number, RateResult result)
    {
        var address = $"81.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}";
        using var response = await PostAsync(
            gateway, "/v1/verifications", $$$"""{"to":"{{{phone}}}","purpose":"login","client":{"ip":"{{{address}}}"}}""");
        var answer = await response.Content.ReadAsByteArrayAsync();
        if (response.StatusCode != HttpStatusCode.Created)
        {
            result.Fail($"POST: {(int)response.StatusCode}");
            return null;
        }
        using var session = JsonDocument.Parse(answer);
        if (session.RootElement.GetProperty("status").GetString() is "pending" or "ringing")
            return session.RootElement.GetProperty("id").GetString();
        result.Fail($"POST: {session.RootElement.GetProperty("status").GetString()}");
        return null;
    }

    private static async Task<bool> ReportAsync(HttpClient gateway, string id, string callerId, RateResult result)
    {
        using var response = await PostAsync(gateway, $"/v1/verifications/{id}/report",
            $$"""{"callerId":"{{callerId}}","source":"intercepted"}""");
        var answer = await response.Content.ReadAsByteArrayAsync();
        if (response.IsSuccessStatusCode)
        {
            using var session = JsonDocument.Parse(answer);
            if (session.RootElement.GetProperty("status").GetString() is "verified")
                return true;
        }
        result.Fail($"report: {(int)response.StatusCode}");
        return false;
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient gateway, string address, string json)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(json))
        {
            Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
        };
        return await gateway.PostAsync(address, content);
    }
}
