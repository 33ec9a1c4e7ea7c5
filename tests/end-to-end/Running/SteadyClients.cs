using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace FlashCall.EndToEnd.Tests.Running;

/// <summary>
/// Clients that verify numbers at a steady rate, whatever becomes of the ones before, behind what a load balancer does: it asks the
/// gateways for their health, sends requests to those that are ready, and to the other one where a connection is refused. Nothing else is
/// tried twice: every other failure is the client's.
/// </summary>
internal sealed class SteadyClients : IAsyncDisposable
{
    private static readonly TimeSpan ProbeEvery = TimeSpan.FromMilliseconds(500);
    private static int _number;

    private readonly Gateway[] _gateways;
    private readonly HttpClient _phones;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly ConcurrentBag<Task> _clients = [];
    private readonly Task _running;
    private readonly Task _probing;
    private int _next;
    private int _verified;

    private SteadyClients(ReplicatedPlatform platform, TimeSpan every)
    {
        _gateways = [.. platform.Gateways.Select(address => new Gateway(ReplicatedPlatform.Http(address, platform.Key)))];
        _phones = new HttpClient { BaseAddress = platform.Handset.Address };
        _probing = Task.WhenAll(_gateways.Select(ProbeAsync));
        _running = RunAsync(every);
    }

    /// <summary>How many sessions ended verified.</summary>
    public int Verified => Volatile.Read(ref _verified);

    /// <summary>What clients met that they should not have.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    /// <summary>How many began.</summary>
    public int Began => _clients.Count;

    public static SteadyClients Start(ReplicatedPlatform platform, TimeSpan every) => new(platform, every);

    /// <summary>Begins no more sessions and returns when those under way have ended.</summary>
    public async Task FinishAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await Task.WhenAll(_clients);
        await _probing;
    }

    public async ValueTask DisposeAsync()
    {
        await FinishAsync();
        foreach (var gateway in _gateways)
            gateway.Http.Dispose();
        _phones.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync(TimeSpan every)
    {
        using var timer = new PeriodicTimer(every);
        while (await NextAsync(timer))
            _clients.Add(VerifyAsync(Interlocked.Increment(ref _number)));
    }

    private async Task<bool> NextAsync(PeriodicTimer timer)
    {
        try
        {
            return await timer.WaitForNextTickAsync(_stop.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task ProbeAsync(Gateway gateway)
    {
        using var timer = new PeriodicTimer(ProbeEvery);
        do
        {
            try
            {
                using var answer = await gateway.Http.GetAsync("/health/ready", CancellationToken.None);
                gateway.IsReady = answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                gateway.IsReady = false;
            }
        }
        while (await NextAsync(timer));
    }

    private async Task VerifyAsync(int number)
    {
        var step = "start";
        try
        {
            var phone = $"+4673{3_000_000 + number}";
            var session = await SendAsync(HttpMethod.Post, "/v1/verifications", new
            {
                to = phone,
                purpose = "login",
                client = new { ip = $"198.{18 + (number >> 16)}.{(number >> 8) & 255}.{number & 255}" },
            }, HttpStatusCode.Created);
            var id = session.GetProperty("id").GetGuid();
            // One device waits for the end meanwhile, as an app does.
            var waiting = SendAsync(HttpMethod.Get, $"/v1/verifications/{id}", body: null, HttpStatusCode.OK, wait: true);

            step = "ring";
            var calls = await _phones.GetFromJsonAsync<JsonElement>($"/phones/{phone}/calls?wait=25");
            if (calls.GetArrayLength() == 0)
            {
                var now = await SendAsync(HttpMethod.Get, $"/v1/verifications/{id}", body: null, HttpStatusCode.OK);
                throw new InvalidDataException($"session {id}: the phone did not ring within 25 s; it is {now}");
            }
            step = "report";
            var callerId = calls[0].GetProperty("callerId").GetString();
            var report = await SendAsync(
                HttpMethod.Post, $"/v1/verifications/{id}/report", new { callerId, source = "intercepted" }, HttpStatusCode.OK);
            if (report.GetProperty("status").GetString() != "verified")
                throw new InvalidDataException($"session {id} is not verified: {report}");
            step = "wait";
            await waiting;
            step = "calls";
            calls = await _phones.GetFromJsonAsync<JsonElement>($"/phones/{phone}/calls");
            if (calls.GetArrayLength() != 1)
                throw new InvalidDataException($"session {id}: the phone rang {calls.GetArrayLength()} times");
            Interlocked.Increment(ref _verified);
        }
        // Collected, and asserted on by the test: one client's failure is no other's.
        catch (Exception exception)
        {
            _errors.Enqueue($"{DateTimeOffset.UtcNow:HH:mm:ss.fff} {step}: {exception.GetType().Name}: {exception.Message}");
        }
    }

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body, HttpStatusCode expected, bool wait = false)
    {
        var first = Interlocked.Increment(ref _next);
        var order = Enumerable.Range(first, _gateways.Length).Select(i => _gateways[i % _gateways.Length])
            .OrderByDescending(gateway => gateway.IsReady).ToArray();
        foreach (var gateway in order)
        {
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
            if (wait)
                request.Headers.Add("Prefer", "wait=30");
            try
            {
                using var answer = await gateway.Http.SendAsync(request);
                var said = await answer.Content.ReadAsStringAsync();
                return answer.StatusCode == expected
                    ? JsonSerializer.Deserialize<JsonElement>(said)
                    : throw new InvalidDataException($"{method} {path} was answered {(int)answer.StatusCode}: {said}");
            }
            catch (HttpRequestException exception)
                when (exception.HttpRequestError == HttpRequestError.ConnectionError && gateway != order[^1])
            {
                gateway.IsReady = false;
            }
        }
        throw new InvalidDataException("There is no gateway.");
    }

    private sealed class Gateway(HttpClient http)
    {
        private volatile bool _isReady = true;

        public HttpClient Http { get; } = http;

        public bool IsReady
        {
            get => _isReady;
            set => _isReady = value;
        }
    }
}
