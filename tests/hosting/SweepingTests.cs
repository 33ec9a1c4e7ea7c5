using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Xunit;

namespace FlashCall.Hosting.Tests;

public sealed class SweepingTests
{
    [Fact]
    public async Task A_sweep_goes_on_while_batches_are_full_rests_a_minute_and_survives_the_database_and_what_it_does_not_understand()
    {
        var time = new FakeTimeProvider();
        var script = new Script(10, 10, 3, null, 10, 0, Sweep.NotUnderstood, 4);
        var builder = PlatformHost.CreateBuilder(["--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=None"], "test");
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddSingleton(script);
        builder.AddSweep<Sweep>();
        await using var running = await RunningApp.StartAsync(builder.Build());

        Assert.Equal([10, 10, 3], await script.TakeAsync(3));
        Assert.False(script.Ran.Reader.TryRead(out _));
        // The fourth run meets a database that is down; a minute later the next goes on as if nothing had been.
        Assert.Equal([null], await script.TakeAsync(1, time));
        Assert.Equal([10, 0], await script.TakeAsync(2, time));
        Assert.Equal([Sweep.NotUnderstood], await script.TakeAsync(1, time));
        Assert.Equal([4], await script.TakeAsync(1, time));
    }

    private sealed class Script(params int?[] batches)
    {
        private readonly Queue<int?> _batches = new(batches);

        public Channel<int?> Ran { get; } = Channel.CreateUnbounded<int?>();

        public int? Next()
        {
            var batch = _batches.Dequeue();
            Ran.Writer.TryWrite(batch);
            return batch;
        }

        /// <summary>The next runs, a minute later if there is a clock to set: its timer ticks even if the sweeper is not waiting
        /// yet.</summary>
        public async Task<List<int?>> TakeAsync(int count, FakeTimeProvider? time = null)
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            time?.Advance(TimeSpan.FromMinutes(1));
            var taken = new List<int?>();
            while (taken.Count < count)
                taken.Add(await Ran.Reader.ReadAsync(deadline.Token));
            return taken;
        }
    }

    private sealed class Sweep(Script script) : ISweep
    {
        public const int NotUnderstood = -1;

        public int BatchSize => 10;

        public Task<int> SweepAsync(CancellationToken cancellationToken) => script.Next() switch
        {
            null => Task.FromException<int>(new NpgsqlException("down")),
            NotUnderstood => Task.FromException<int>(new InvalidOperationException("a row of a newer version")),
            { } deleted => Task.FromResult(deleted),
        };
    }
}
