using CsCheck;
using FlashCall.Funnel;
using FlashCall.Verification.Tests.Support;
using Xunit;

namespace FlashCall.Verification.Tests.Analytics;

/// <summary>The sums are those of the sessions, however their events came.</summary>
public sealed class LiveFunnelTests(RunningVerification running) : IAsyncLifetime
{
    private StoredSessions _stored = null!;

    public async ValueTask InitializeAsync() => _stored = await StoredSessions.CreateAsync(running);

    public async ValueTask DisposeAsync() => await _stored.DisposeAsync();

    [Fact]
    public async Task The_sums_are_the_same_in_whatever_batches_the_log_comes_and_comes_again() =>
        await Gen.Select(Histories.Logs, Gen.Int[1, 9].Array[1, 40], Gen.Bool.Array[1, 40]).SampleAsync(
            async (log, sizes, again) =>
            {
                await FunnelText.ClearAsync(_stored.Data);
                // Two that lead at once, as when one lost the lead and does not know it yet.
                LiveFunnel[] leaders = [new(_stored.Data), new(_stored.Data)];
                var places = log.Select((happened, index) => ((long)index + 1, happened)).ToList();
                var batch = 0;
                for (var done = 0; done < log.Length; batch++)
                {
                    var upTo = Math.Min(log.Length, done + sizes[batch % sizes.Length]);
                    await leaders[batch % 2].TakeInAsync(places.Take(upTo).Skip(done), upTo, CancellationToken.None);
                    if (again[batch % again.Length])
                        await leaders[(batch + 1) % 2].TakeInAsync(places.Take(upTo).Skip(Math.Max(0, done - 3)), upTo, CancellationToken.None);
                    done = upTo;
                }
                Assert.Equal(FunnelOracle.Of(log), await FunnelText.ReadAsync(_stored.Data));
            },
            iter: 150, threads: 1);

    [Fact]
    public async Task Two_that_lead_at_once_count_everything_once()
    {
        var log = Histories.Logs.Array[8].Single().SelectMany(one => one).ToArray();
        var places = log.Select((happened, index) => ((long)index + 1, happened)).ToList();
        await FunnelText.ClearAsync(_stored.Data);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(async leader =>
        {
            var funnel = new LiveFunnel(_stored.Data);
            for (var done = 0; done < log.Length; done += 7 + leader)
            {
                var upTo = Math.Min(log.Length, done + 7 + leader);
                // Each from the beginning: what another one has taken in is passed over.
                await funnel.TakeInAsync(places.Take(upTo), upTo, CancellationToken.None);
            }
        }));
        Assert.Equal(FunnelOracle.Of(log), await FunnelText.ReadAsync(_stored.Data));
    }

    [Fact]
    public async Task Events_of_a_session_whose_request_is_gone_are_passed_over()
    {
        await FunnelText.ClearAsync(_stored.Data);
        await new LiveFunnel(_stored.Data).TakeInAsync(
            [(1, new FunnelEvent(Guid.CreateVersion7(), FunnelStep.Rang, Histories.Midnight))], 1, CancellationToken.None);

        Assert.Empty(await FunnelText.ReadAsync(_stored.Data));
        Assert.Equal(["1"], await _stored.ReadAsync("select seq::text from funnel_generations"));
    }

    [Fact]
    public async Task Percentiles_in_SQL_are_those_of_the_service()
    {
        await FunnelText.ClearAsync(_stored.Data);
        int[] milliseconds = [0, 1, 2, 180, 250, 251, 900, 1200, 1201, 1500, 4000, 4000, 4100, 30_000];
        var log = milliseconds.SelectMany(ring =>
        {
            var id = Guid.CreateVersion7();
            return (FunnelEvent[])
            [
                new FunnelEvent(id, FunnelStep.Requested, Histories.Midnight) { ApplicationId = "shop", Purpose = "login", Country = "SE" },
                new FunnelEvent(id, FunnelStep.Rang, Histories.Midnight.AddMilliseconds(ring)),
            ];
        }).Select((happened, index) => ((long)index + 1, happened)).ToList();
        await new LiveFunnel(_stored.Data).TakeInAsync(log, log.Count, CancellationToken.None);

        var buckets = milliseconds.GroupBy(TimeBuckets.Of).ToDictionary(bucket => bucket.Key, bucket => (long)bucket.Count());
        foreach (var (share, column, exact) in new[] { (0.5, "ring_p50_ms", 900), (0.95, "ring_p95_ms", 30_000) })
        {
            var ours = TimeBuckets.Quantile(share, buckets)!.Value;
            Assert.InRange(ours, exact / (1 + TimeBuckets.RelativeError), exact * (1 + TimeBuckets.RelativeError));
            Assert.Equal([ours.ToString("0.000000", System.Globalization.CultureInfo.InvariantCulture)],
                await _stored.ReadAsync($"select to_char({column}, 'FM999999990.000000') from funnel"));
        }
    }
}
