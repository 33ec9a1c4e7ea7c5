using System.Diagnostics;
using System.Net.Http.Headers;

namespace FlashCall.Load.Gateway;

/// <summary>One way to the service, and requests over it.</summary>
internal sealed class Way : IDisposable
{
    /// <summary>300 bytes, as a report with its notes.</summary>
    private static readonly byte[] Body = System.Text.Encoding.UTF8.GetBytes(
        $$"""{"callerId":"+442079460123","source":"intercepted","note":"{{new string('x', 239)}}"}""");

    private readonly HttpClient _client;

    /// <param name="name">What the table calls it.</param>
    /// <param name="measured">The process whose CPU time counts: the proxy, or the service where there is none.</param>
    /// <param name="credential">The bearer credential.</param>
    public Way(string name, Part measured, string credential)
    {
        (Name, Measured) = (name, measured);
        _client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 512 }) { BaseAddress = measured.Address };
        Renew(credential);
    }

    public string Name { get; }

    public Part Measured { get; }

    /// <summary>From here on with another credential.</summary>
    public void Renew(string credential) =>
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", credential);

    /// <summary>Sends requests at a rate, each at its time, whatever becomes of those before (an open loop).</summary>
    public OpenLoop Send(HttpMethod method, int rate, TimeSpan length)
    {
        var count = (int)(rate * length.TotalSeconds);
        var times = new double[count];
        var late = new double[count];
        var requests = new Task[count];
        var failed = 0;
        var began = Stopwatch.GetTimestamp();
        for (var sent = 0; sent < count;)
        {
            // The clock of a sleeping thread ticks in milliseconds: what is due by then goes out together.
            for (var due = Math.Min(count, (int)(Stopwatch.GetElapsedTime(began).TotalSeconds * rate) + 1); sent < due; sent++)
            {
                late[sent] = Stopwatch.GetElapsedTime(began).TotalMilliseconds - (sent * 1000.0 / rate);
                requests[sent] = OneAsync(sent);
            }
            Thread.Sleep(1);
        }
        Task.WaitAll(requests);
        return new OpenLoop(Percentile.Sorted(times), Percentile.Sorted(late), failed);

        async Task OneAsync(int index)
        {
            var start = Stopwatch.GetTimestamp();
            if (!await TryAsync(method))
                Interlocked.Increment(ref failed);
            times[index] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
    }

    /// <summary>As many requests as go through when so many are always under way, GET and POST in turn.</summary>
    public async Task<Throughput> DriveAsync(int atOnce, TimeSpan length)
    {
        var (done, failed) = (0, 0);
        var cpu = Measured.CpuTime;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(one => Task.Run(async () =>
        {
            for (var turn = one; clock.Elapsed < length; turn++)
            {
                if (!await TryAsync(turn % 2 == 0 ? HttpMethod.Get : HttpMethod.Post))
                    Interlocked.Increment(ref failed);
                Interlocked.Increment(ref done);
            }
        })));
        return new Throughput(done, done / clock.Elapsed.TotalSeconds, (Measured.CpuTime - cpu).TotalMicroseconds / done, failed);
    }

    public void Dispose() => _client.Dispose();

    private async Task<bool> TryAsync(HttpMethod method)
    {
        const string Session = "/v1/verifications/0199e9a0-0000-7000-8000-000000000000";
        using var request = new HttpRequestMessage(method, method == HttpMethod.Get ? Session : Session + "/report");
        if (method == HttpMethod.Post)
            request.Content = new ByteArrayContent(Body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        try
        {
            using var response = await _client.SendAsync(request);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}

/// <summary>What came of requests at a rate.</summary>
/// <param name="Times">From sending to the answer's last byte, ms, in order of length.</param>
/// <param name="Late">How much later than it was due each was sent, ms, in order.</param>
/// <param name="Failed">Requests without an answer, or with another than 2xx.</param>
internal sealed record OpenLoop(double[] Times, double[] Late, int Failed);

/// <summary>What went through at most.</summary>
/// <param name="Requests">Requests in all.</param>
/// <param name="PerSecond">Requests a second.</param>
/// <param name="CpuMicroseconds">CPU time of the measured process for one of them, µs.</param>
/// <param name="Failed">Requests without an answer, or with another than 2xx.</param>
internal sealed record Throughput(int Requests, double PerSecond, double CpuMicroseconds, int Failed);

/// <summary>Percentiles of all values, not of a histogram.</summary>
internal static class Percentile
{
    public static double[] Sorted(double[] values)
    {
        Array.Sort(values);
        return values;
    }

    /// <summary>The value below which this share lies, 0 to 1.</summary>
    public static double At(double[] sorted, double share) => sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];

    public static double Median(IEnumerable<double> values) => At(Sorted([.. values]), 0.5);
}
