using System.Collections.Concurrent;
using System.Text.Json;

namespace FlashCall.Load.Verifications;

/// <summary>What the handset's phones show as they ring, told over one connection: nobody asks for it, so nothing is late for having been
/// asked for too seldom.</summary>
internal sealed class RingingPhones : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<Ring>> _expected = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _handset;
    private readonly Task _reading;

    private RingingPhones(HttpClient handset, Stream lines)
    {
        _handset = handset;
        _reading = ReadAsync(lines);
    }

    /// <summary>Listens from here on.</summary>
    public static async Task<RingingPhones> ListenAsync(Uri handset)
    {
        var client = new HttpClient { BaseAddress = handset, Timeout = Timeout.InfiniteTimeSpan };
        return new RingingPhones(client, await client.GetStreamAsync("/calls/ringing"));
    }

    /// <summary>The next ring of a phone.</summary>
    public Task<Ring> Expect(string phone) =>
        _expected.GetOrAdd(phone, _ => new TaskCompletionSource<Ring>(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Its ring is of no interest any more.</summary>
    public void Forget(string phone) => _expected.TryRemove(phone, out _);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        _handset.Dispose();
        _stop.Dispose();
    }

    private async Task ReadAsync(Stream lines)
    {
        using var reader = new StreamReader(lines);
        try
        {
            while (await reader.ReadLineAsync(_stop.Token) is { } line)
            {
                using var rang = JsonDocument.Parse(line);
                var call = rang.RootElement.GetProperty("call");
                if (_expected.TryGetValue(rang.RootElement.GetProperty("phone").GetString()!, out var waiting))
                {
                    waiting.TrySetResult(new Ring(
                        call.GetProperty("callerId").GetString() ?? "", call.GetProperty("invitedAt").GetDateTimeOffset(),
                        call.GetProperty("rangAt").GetDateTimeOffset()));
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return;
        }
        // Without the handset nothing can be measured: whoever waits hears why.
        catch (Exception exception) when (exception is IOException or JsonException)
        {
            foreach (var waiting in _expected.Values)
                waiting.TrySetException(exception);
        }
    }

    /// <summary>A phone that rings.</summary>
    /// <param name="CallerId">What it shows.</param>
    /// <param name="InvitedAt">When the INVITE was there.</param>
    /// <param name="RangAt">When it began to ring.</param>
    internal sealed record Ring(string CallerId, DateTimeOffset InvitedAt, DateTimeOffset RangAt);
}
