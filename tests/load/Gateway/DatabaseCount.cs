using System.Diagnostics;

namespace FlashCall.Load.Gateway;

/// <summary>How often the gateway asks its database: while it has nothing to do, and under load.</summary>
internal sealed class DatabaseCount(MeasuredGateway gateway)
{
    private readonly Stopwatch _clock = new();
    private double _idlePerSecond;
    private long _before;

    /// <summary>Counts while nobody asks it for anything.</summary>
    public async Task IdleAsync(TimeSpan length)
    {
        var before = await gateway.TransactionsAsync();
        await Task.Delay(length);
        _before = await gateway.TransactionsAsync();
        _idlePerSecond = (_before - before) / length.TotalSeconds;
        _clock.Start();
    }

    /// <summary>What it was since then.</summary>
    /// <param name="requests">How many requests went through it.</param>
    public async Task<Found> LoadedAsync(long requests) =>
        new(_idlePerSecond, (await gateway.TransactionsAsync() - _before) / _clock.Elapsed.TotalSeconds, requests);

    /// <summary>What was counted.</summary>
    /// <param name="IdlePerSecond">Transactions a second without load.</param>
    /// <param name="LoadedPerSecond">Transactions a second under load.</param>
    /// <param name="Requests">The requests that went through meanwhile.</param>
    internal sealed record Found(double IdlePerSecond, double LoadedPerSecond, long Requests);
}
