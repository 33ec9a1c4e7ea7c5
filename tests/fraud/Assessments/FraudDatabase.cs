using System.Diagnostics.Metrics;
using FlashCall.Contracts;
using FlashCall.Fraud.Assessments;
using FlashCall.Fraud.Blocks;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;
using FlashCall.Fraud.Storage;
using FlashCall.Fraud.Versions;
using FlashCall.Hosting;
using FlashCall.Testing;
using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace FlashCall.Fraud.Tests.Assessments;

/// <summary>The fraud service's database for one test class, prepared as the service prepares it, and replicas of the service over
/// it.</summary>
public sealed class FraudDatabase(ServersFixture servers) : IAsyncLifetime
{
    private static int _numbers;
    private static int _networks;
    private readonly string _prefix = $"{servers.DatabasePrefix}{Guid.NewGuid().ToString("N")[..6]}_";
    private readonly List<IAsyncDisposable> _open = [];
    private readonly ServiceProvider _metrics = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public async ValueTask InitializeAsync() => Assert.Equal(0, await PlatformHost.RunAsync(
        [PlatformHost.PrepareArgument, .. servers.Arguments, $"--DatabasePrefix={_prefix}", Operator.IdentityArgument],
        FraudService.Build));

    public async ValueTask DisposeAsync()
    {
        foreach (var open in _open)
            await open.DisposeAsync();
        await _metrics.DisposeAsync();
    }

    /// <summary>A phone that no other test uses, far from the others, so that they are no sequence.</summary>
    public static PhoneNumber NewNumber() =>
        PhoneNumber.Parse($"+4670{Interlocked.Increment(ref _numbers) * 7_001 % 9_999_991:0000000}");

    /// <summary>The first three bytes of an IPv4 network that no other test uses.</summary>
    public static string NewNetwork()
    {
        var network = Interlocked.Increment(ref _networks);
        return $"203.{network / 256}.{network % 256}";
    }

    public static AssessRisk Command(PhoneNumber number, DateTimeOffset requestedAt, string? ip = null) => new()
    {
        VerificationId = Guid.CreateVersion7(),
        ApplicationId = "shop",
        To = number,
        Purpose = Purpose.Login,
        Client = new ClientContext { Ip = ip },
        RequestedAt = requestedAt,
    };

    /// <summary>A replica whose settings give this policy.</summary>
    /// <param name="time">Its clock.</param>
    /// <param name="document">The policy.</param>
    /// <param name="assessingAtOnce">Transactions under way at once that assess; with one, requests are decided in the order in which they
    /// come.</param>
    internal async Task<Replica> OpenAsync(TimeProvider time, PolicyDocument document, int assessingAtOnce = 2)
    {
        var data = Data();
        _open.Add(data);
        var policies = new PolicyDirectory(new PolicyStore(data), document, time, NullLogger<PolicyDirectory>.Instance);
        await policies.RefreshAsync(TestContext.Current.CancellationToken);
        var store = new AssessmentStore(data, time, assessingAtOnce: assessingAtOnce);
        var metrics = new FraudMetrics(_metrics.GetRequiredService<IMeterFactory>());
        var news = new BlockNews(
            data, new Messenger(MassTransit.Bus.Factory.CreateUsingInMemory(_ => { }), new BusNames("")), time, NullLogger<BlockNews>.Instance);
        var countries = new AddressCountries(
            new ConfigurationBuilder().Build(), time, NullLogger<AddressCountries>.Instance);
        return new Replica(
            new AssessRisks(store, policies, countries, news, metrics, time), store,
            await policies.CurrentAsync(TestContext.Current.CancellationToken),
            new OldCounters(data, policies, time), new OldSessions(data, policies, metrics, time), new OldStanding(data, policies, time));
    }

    public async Task<T> QueryAsync<T>(string sql, params object[] parameters)
    {
        await using var data = Data();
        await using var command = data.CreateCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(new() { Value = parameter });
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>How often a number is counted as rung, of all time.</summary>
    public Task<long> RingsOfAsync(PhoneNumber number) => QueryAsync<long>(
        "select coalesce(sum(rings), 0) from counters where key = $1 and grain = 900",
        CounterTable.KeyOf(new Subject(SubjectKind.Number, number.E164)));

    /// <summary>Lets every transaction that assesses or learns wait for its first write until this is disposed of.</summary>
    internal async Task<IAsyncDisposable> HoldAsync()
    {
        var data = Data();
        var connection = await data.OpenConnectionAsync();
        await using var hold = new NpgsqlCommand("begin; lock table assessments, outcomes in access exclusive mode", connection);
        await hold.ExecuteNonQueryAsync();
        return new Held(data, connection);
    }

    /// <summary>Waits until so many transactions wait for one that holds them.</summary>
    internal Task HeldAsync(int count) => Eventually.TrueAsync(
        async () => await QueryAsync<long>(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") >= count,
        $"{count} transactions that wait");

    private sealed class Held(NpgsqlDataSource data, NpgsqlConnection connection) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await using (var release = new NpgsqlCommand("rollback", connection))
                await release.ExecuteNonQueryAsync();
            await connection.DisposeAsync();
            await data.DisposeAsync();
        }
    }

    /// <summary>The database, for who closes it.</summary>
    internal NpgsqlDataSource Open() => Data();

    private NpgsqlDataSource Data() => NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(servers.Postgres)
    {
        Database = _prefix + "fraud",
        MaxPoolSize = 20,
        MaxAutoPrepare = 64,
        AutoPrepareMinUsages = 2,
        NoResetOnClose = true,
    });

    internal sealed record Replica(
        AssessRisks Assessments, AssessmentStore Store, Policy Policy, OldCounters OldCounters, OldSessions OldSessions,
        OldStanding OldStanding)
    {
        public Task<RiskAssessed> AssessAsync(AssessRisk command) =>
            Assessments.AssessAsync(command, TestContext.Current.CancellationToken);

        public async Task<Learned> LearnAsync(Guid session, Guid id, SessionNews news) =>
            (await Store.LearnAsync(session, id, news, Policy, TestContext.Current.CancellationToken)).Learned;
    }
}
