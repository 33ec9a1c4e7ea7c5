using System.Diagnostics.Metrics;
using FlashCall.Dialer.Routing;
using FlashCall.Dialer.Tests.Support;
using FlashCall.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace FlashCall.Dialer.Tests.Routing;

/// <summary>The limits as one of several replicas has them.</summary>
internal sealed class LimitedReplica : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private bool _stopped;

    public LimitedReplica(NpgsqlDataSource data, string name = "a")
    {
        Store = new LimitStore(data, new ServiceIdentity("dialer", name));
        Metrics = new RoutingMetrics(_services.GetRequiredService<IMeterFactory>());
        Limits = new TrunkLimits(Store, Metrics, TimeProvider.System, NullLogger<TrunkLimits>.Instance);
    }

    public TrunkLimits Limits { get; }

    public LimitStore Store { get; }

    public RoutingMetrics Metrics { get; }

    /// <summary>One that has given a sign of life.</summary>
    public static async Task<LimitedReplica> LivingAsync(DialerDatabase database, string name)
    {
        await database.LivingStoreAsync(name);
        return new LimitedReplica(database.Data, name);
    }

    public Task StopAsync()
    {
        _stopped = true;
        return Limits.StopAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stopped)
            await StopAsync();
        Limits.Dispose();
        await _services.DisposeAsync();
    }
}
