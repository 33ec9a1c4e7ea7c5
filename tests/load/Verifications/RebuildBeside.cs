using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using FlashCall.Load.Replays;
using Npgsql;
using Programs = FlashCall.EndToEnd.Tests.Running.Program;

namespace FlashCall.Load.Verifications;

/// <summary>The funnel is rebuilt beside the traffic, again and again, by the command that analysts run.</summary>
internal sealed class RebuildBeside : IAsyncDisposable
{
    private readonly string _database;
    private readonly int _rate;
    private readonly CancellationTokenSource _stop = new();
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly Task _running;
    private long _events;

    private RebuildBeside(string database, int rate)
    {
        (_database, _rate) = (database, rate);
        _running = RunAsync();
    }

    /// <summary>Begins.</summary>
    /// <param name="database">The database of the verification service.</param>
    /// <param name="rate">Events a second at most.</param>
    public static RebuildBeside Start(string database, int rate) => new(database, rate);

    /// <summary>Waits until the live funnel has counted all that is there: what it has yet to do is no part of the traffic's
    /// cost.</summary>
    public static async Task SettledAsync(string database, CancellationToken cancellationToken)
    {
        await using var data = NpgsqlDataSource.Create(database);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        do
        {
            await using var ask = data.CreateCommand(
                "select (select max(seq) from funnel_generations where state = 'live') >= (select max(seq_id) from mt_events)");
            if (await ask.ExecuteScalarAsync(cancellationToken) is true)
                return;
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    /// <summary>Ends it.</summary>
    /// <returns>Events a second that were summed.</returns>
    public async Task<double> StopAsync()
    {
        var took = _watch.Elapsed;
        await using var data = NpgsqlDataSource.Create(_database);
        await using var ask = data.CreateCommand(
            "select coalesce((select count(*) from mt_events where seq_id <= (select seq from funnel_generations where state = 'building')), 0)");
        var events = Interlocked.Read(ref _events) + (long)(await ask.ExecuteScalarAsync())!;
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return _running.IsFaulted
            ? throw new InvalidOperationException("The rebuild failed; what is wrong stands above.", _running.Exception)
            : events / took.TotalSeconds;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var start = new ProcessStartInfo("dotnet",
            [
                Path.Combine(Programs.Root, "tools", "flashcall", "bin", Programs.Configuration, "net10.0", "flashcall.dll"),
                "replay", "funnel", "--restart", "--json", "--rate", _rate.ToString(CultureInfo.InvariantCulture),
            ])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment[ReplayPart.Database] = _database;
            using var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet could not be started.");
            var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
            try
            {
                await process.WaitForExitAsync(_stop.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                await process.WaitForExitAsync(CancellationToken.None);
                return;
            }
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"flashcall replay funnel ended with {process.ExitCode}: {(await errors).Trim()}");
            using var done = JsonDocument.Parse(await output);
            Interlocked.Add(ref _events, done.RootElement.GetProperty("events").GetInt64());
        }
    }
}
