using System.Collections.Concurrent;
using FlashCall.Fraud.Storage;
using FlashCall.Testing;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.Fraud.Tests.Storage;

/// <summary>What shares a transaction, when it goes, and what becomes of each where the whole fails. Nothing is stored here.</summary>
public sealed class GatheringTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ConcurrentQueue<int[]> _done = new();

    [Fact]
    public async Task Without_a_window_work_goes_at_once_and_gathers_while_a_transaction_is_under_way()
    {
        var underWay = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gathering = Gathering(_ => underWay.Task);
        var first = gathering.DoAsync(1, CancellationToken.None);
        await Eventually.TrueAsync(() => !_done.IsEmpty, "a transaction");
        var others = Enumerable.Range(2, 70).Select(work => gathering.DoAsync(work, CancellationToken.None)).ToList();
        underWay.SetResult();
        Assert.Equal(Enumerable.Range(1, 71), await Task.WhenAll(others.Prepend(first)));
        // 64 at most.
        Assert.Equal([1, 64, 6], _done.Select(all => all.Length));
        Assert.Equal(Enumerable.Range(1, 71), _done.SelectMany(all => all));
    }

    [Fact]
    public async Task With_a_window_work_gathers_for_that_long()
    {
        var gathering = Gathering(_ => Task.CompletedTask, TimeSpan.FromMilliseconds(20));
        var all = Enumerable.Range(1, 3).Select(work => gathering.DoAsync(work, CancellationToken.None)).ToList();
        await Eventually.TrueAsync(
            () =>
            {
                // The window begins when the run does, which is when the thread pool comes to it.
                _time.Advance(TimeSpan.FromMilliseconds(1));
                return all.TrueForAll(one => one.IsCompleted);
            },
            "all done");
        Assert.Equal([1, 2, 3], Assert.Single(_done));
        Assert.True(_time.GetUtcNow() >= _time.Start + TimeSpan.FromMilliseconds(20));
    }

    [Fact]
    public async Task What_fails_alone_is_told_alone_and_what_is_of_all_is_told_to_all_at_once()
    {
        var underWay = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gathering = Gathering(async work =>
        {
            await underWay.Task;
            if (work.Contains(5))
                throw new InvalidOperationException("five");
            if (work.Contains(100))
                throw new TimeoutException();
        });
        var first = gathering.DoAsync(1, CancellationToken.None);
        await Eventually.TrueAsync(() => !_done.IsEmpty, "a transaction");
        var all = Enumerable.Range(2, 8).ToDictionary(work => work, work => gathering.DoAsync(work, CancellationToken.None));
        underWay.SetResult();
        await first;
        await Assert.ThrowsAsync<InvalidOperationException>(() => all[5]);
        Assert.Equal(all.Keys.Where(work => work != 5), await Task.WhenAll(all.Where(one => one.Key != 5).Select(one => one.Value)));

        _done.Clear();
        var outage = Enumerable.Range(100, 3).Select(work => gathering.DoAsync(work, CancellationToken.None)).ToList();
        await Assert.ThrowsAsync<TimeoutException>(() => outage[0]);
        await Task.WhenAll(outage).ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.Single(_done, work => work.Contains(100));
        Assert.Equal(1_000, await gathering.DoAsync(1_000, CancellationToken.None));
    }

    private Gathering<int, int> Gathering(Func<int[], Task> work, TimeSpan window = default) => new(
        "test", _time, async (_, all) =>
        {
            _done.Enqueue([.. all]);
            await work([.. all]);
            return all;
        })
    {
        Window = window,
    };
}
