using System.Diagnostics.Metrics;
using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.NumberPool.Leases;
using FlashCall.NumberPool.Ranges;
using FlashCall.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace FlashCall.NumberPool.Tests.Leases;

/// <summary>
/// A database of the pool for one test class, prepared as the service prepares it, and replicas of the pool over it. Classes have clocks of
/// their own, and a sweep by one clock would delete what is young by another.
/// </summary>
public sealed class PoolDatabase(ServersFixture servers) : IAsyncLifetime
{
    private static int s_callees;
    private readonly string _prefix = $"{servers.DatabasePrefix}{Guid.NewGuid().ToString("N")[..6]}_";
    private readonly List<IAsyncDisposable> _open = [];
    private readonly ServiceProvider _metrics = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public async ValueTask InitializeAsync() =>
        Assert.Equal(0, await PlatformHost.RunAsync(
            [PlatformHost.PrepareArgument, .. servers.Arguments, Operator.IdentityArgument, $"--DatabasePrefix={_prefix}"],
            NumberPoolService.Build));

    public async ValueTask DisposeAsync()
    {
        foreach (var open in _open)
            await open.DisposeAsync();
        await _metrics.DisposeAsync();
    }

    /// <summary>A phone that no other test uses.</summary>
    public static PhoneNumber NewCallee() => PhoneNumber.Parse($"+4670{Interlocked.Increment(ref s_callees):0000000}");

    public static LeaseCallerId Command(PhoneNumber callee, DateTimeOffset expiresAt) => new()
    {
        VerificationId = Guid.CreateVersion7(),
        AttemptId = Guid.CreateVersion7(),
        Callee = callee,
        ExpiresAt = expiresAt,
    };

    internal Replica Open(TimeProvider time, TimeSpan restPeriod, params string[] patterns)
    {
        var data = Data();
        _open.Add(data);
        NumberRange[] ranges = [.. patterns.Select(
            pattern => NumberRange.TryParse(pattern, "trunk", out var range, out _) ? range : throw new FormatException(pattern))];
        var settings = new NumberPoolSettings(ranges, restPeriod);
        var store = new LeaseStore(data);
        var metrics = new PoolMetrics(_metrics.GetRequiredService<IMeterFactory>());
        return new Replica(
            new LeaseCallerIds(store, new KeySpace(ranges), settings, metrics, time, NullLogger<LeaseCallerIds>.Instance),
            new ReleaseCallerIds(store, settings, metrics, time),
            new OldAnswers(store, time));
    }

    public async Task<long> CountRowsAsync(Guid attemptId)
    {
        await using var data = Data();
        await using var command = data.CreateCommand("select count(*) from answers where attempt_id = $1");
        command.Parameters.Add(new() { Value = attemptId });
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private NpgsqlDataSource Data() =>
        NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(servers.Postgres) { Database = _prefix + "number_pool", MaxPoolSize = 20 });

    internal sealed record Replica(LeaseCallerIds Leases, ReleaseCallerIds Releases, OldAnswers OldAnswers)
    {
        public async Task<LeaseAnswer.Leased> LeaseAsync(LeaseCallerId command) =>
            Assert.IsType<LeaseAnswer.Leased>(await Leases.LeaseAsync(command, TestContext.Current.CancellationToken));

        public async Task<LeaseAnswer.Refused> LeaseInVainAsync(LeaseCallerId command) =>
            Assert.IsType<LeaseAnswer.Refused>(await Leases.LeaseAsync(command, TestContext.Current.CancellationToken));

        public Task<bool> ReleaseAsync(LeaseCallerId command, Guid leaseId, LeaseOutcome outcome) => Releases.ReleaseAsync(
            new ReleaseCallerId
            {
                VerificationId = command.VerificationId,
                AttemptId = command.AttemptId,
                LeaseId = leaseId,
                Outcome = outcome,
            },
            TestContext.Current.CancellationToken);
    }
}
