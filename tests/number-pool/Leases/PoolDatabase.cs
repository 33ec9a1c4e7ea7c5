using System.Diagnostics.Metrics;
using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.NumberPool.Leases;
using FlashCall.NumberPool.Limits;
using FlashCall.NumberPool.Trunks;
using FlashCall.NumberPool.Wear;
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
    /// <summary>More than any test asks for.</summary>
    internal static readonly RateLimit Plenty = new(1_000_000, 1_000_000_000);

    internal static readonly LimitSettings PlentyOfAll = new(Plenty, Plenty, Plenty, WrongReportCost: 10);

    private static int _callees;
    private readonly string _prefix = $"{servers.DatabasePrefix}{Guid.NewGuid().ToString("N")[..6]}_";
    private readonly List<IAsyncDisposable> _open = [];
    private readonly ServiceProvider _metrics = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private NpgsqlDataSource? _data;

    /// <summary>The database, for what no replica does.</summary>
    internal NpgsqlDataSource Data => _data!;

    public async ValueTask InitializeAsync()
    {
        Assert.Equal(0, await PlatformHost.RunAsync(
            [PlatformHost.PrepareArgument, .. servers.Arguments, Operator.IdentityArgument, $"--DatabasePrefix={_prefix}"],
            NumberPoolService.Build));
        _data = OpenData();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var open in _open)
            await open.DisposeAsync();
        await _metrics.DisposeAsync();
    }

    /// <summary>A phone that no other test uses.</summary>
    public static PhoneNumber NewCallee() => PhoneNumber.Parse($"+4670{Interlocked.Increment(ref _callees):0000000}");

    public static LeaseCallerId Command(PhoneNumber callee, DateTimeOffset expiresAt) => new()
    {
        VerificationId = Guid.CreateVersion7(),
        AttemptId = Guid.CreateVersion7(),
        Callee = callee,
        ExpiresAt = expiresAt,
    };

    public static ReleaseCallerId Release(LeaseCallerId command, Guid leaseId, LeaseOutcome outcome) => new()
    {
        VerificationId = command.VerificationId,
        AttemptId = command.AttemptId,
        LeaseId = leaseId,
        Outcome = outcome,
    };

    /// <summary>Makes these the pool's numbers, and forgets all leases and what came of them.</summary>
    internal Task FillAsync(params string[] patterns) => FillAsync(new PoolContents([.. patterns.Select(pattern => Block.Of(pattern))]));

    /// <inheritdoc cref="FillAsync(string[])"/>
    internal async Task FillAsync(PoolContents contents)
    {
        string[] tables = ["answers", "uses", "limits", "trunk_news", "outcomes"];
        await using var batch = Data.CreateBatch();
        foreach (var table in tables)
            batch.BatchCommands.Add(new($"delete from {table}"));
        await batch.ExecuteNonQueryAsync();
        await contents.WriteAsync(Data);
    }

    internal static NumberPoolSettings Settings(TimeSpan restPeriod) =>
        new([], restPeriod, HourlyCap: null, ProbeShare: 0.25, PlentyOfAll, WearSettings.Default);

    internal Replica Open(TimeProvider time, TimeSpan restPeriod) => Open(time, Settings(restPeriod));

    internal Replica Open(TimeProvider time, NumberPoolSettings settings)
    {
        var data = OpenData();
        var store = new LeaseStore(data, settings);
        var metrics = new PoolMetrics(_metrics.GetRequiredService<IMeterFactory>());
        return new Replica(
            store,
            new LeaseCallerIds(store, metrics, time, NullLogger<LeaseCallerIds>.Instance),
            new ReleaseCallerIds(store, metrics, time),
            new NoteTrunks(new TrunkNewsStore(data), time),
            [new OldAnswers(store, time), new OldUses(store, time), new OldLimits(data, time), new OldTrunkNews(new(data), time)]);
    }

    /// <summary>A count that the test asks for.</summary>
    internal async Task<long> CountAsync(string sql, params NpgsqlParameter[] parameters)
    {
        await using var command = Data.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public Task<long> CountRowsAsync(Guid attemptId) =>
        CountAsync("select count(*) from answers where attempt_id = $1", Sql.Uuid(attemptId));

    /// <summary>Connections as a service has them, or one for each use that may be broken.</summary>
    internal NpgsqlDataSource OpenData(bool pooling = true)
    {
        var data = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(servers.Postgres)
            {
                Database = _prefix + "number_pool",
                Pooling = pooling,
                MaxPoolSize = 20,
                MaxAutoPrepare = 64,
                AutoPrepareMinUsages = 2,
                NoResetOnClose = true,
            });
        _open.Add(data);
        return data;
    }

    internal sealed record Replica(
        LeaseStore Store, LeaseCallerIds Leases, ReleaseCallerIds Releases, NoteTrunks Trunks, IReadOnlyList<ISweep> Sweeps)
    {
        public async Task<LeaseAnswer.Leased> LeaseAsync(LeaseCallerId command) =>
            Assert.IsType<LeaseAnswer.Leased>(await Leases.LeaseAsync(command, TestContext.Current.CancellationToken));

        public async Task<LeaseAnswer.Refused> LeaseInVainAsync(LeaseCallerId command) =>
            Assert.IsType<LeaseAnswer.Refused>(await Leases.LeaseAsync(command, TestContext.Current.CancellationToken));

        public Task<bool> ReleaseAsync(LeaseCallerId command, Guid leaseId, LeaseOutcome outcome) =>
            ReleaseAsync(Release(command, leaseId, outcome));

        public Task<bool> ReleaseAsync(ReleaseCallerId release) =>
            Releases.ReleaseAsync(release, TestContext.Current.CancellationToken);

        /// <summary>Deletes all whose time is over, as every minute.</summary>
        /// <returns>How many answers.</returns>
        public async Task<int> SweepAsync()
        {
            var answers = await Sweeps[0].SweepAsync(TestContext.Current.CancellationToken);
            foreach (var sweep in Sweeps.Skip(1))
                await sweep.SweepAsync(TestContext.Current.CancellationToken);
            return answers;
        }
    }
}
