using System.Diagnostics.Metrics;
using FlashCall.Contracts;
using FlashCall.Fraud.Assessments;
using FlashCall.Hosting;
using FlashCall.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace FlashCall.Fraud.Tests.Assessments;

/// <summary>The fraud service's database for one test class, prepared as the service prepares it, and replicas of the service over
/// it.</summary>
public sealed class FraudDatabase(ServersFixture servers) : IAsyncLifetime
{
    private static int s_numbers;
    private static int s_networks;
    private readonly string _prefix = $"{servers.DatabasePrefix}{Guid.NewGuid().ToString("N")[..6]}_";
    private readonly List<IAsyncDisposable> _open = [];
    private readonly ServiceProvider _metrics = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public async ValueTask InitializeAsync() => Assert.Equal(0, await PlatformHost.RunAsync(
        [PlatformHost.PrepareArgument, .. servers.Arguments, $"--DatabasePrefix={_prefix}"], FraudService.Build));

    public async ValueTask DisposeAsync()
    {
        foreach (var open in _open)
            await open.DisposeAsync();
        await _metrics.DisposeAsync();
    }

    /// <summary>A phone that no other test uses.</summary>
    public static PhoneNumber NewNumber() => PhoneNumber.Parse($"+4670{Interlocked.Increment(ref s_numbers):0000000}");

    /// <summary>The first three bytes of an IPv4 network that no other test uses.</summary>
    public static string NewNetwork()
    {
        var network = Interlocked.Increment(ref s_networks);
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

    internal Replica Open(TimeProvider time, Policy policy)
    {
        var data = Data();
        _open.Add(data);
        var store = new RequestStore(data, policy);
        var metrics = new FraudMetrics(_metrics.GetRequiredService<IMeterFactory>());
        return new Replica(new AssessRisks(store, policy, metrics, time), store, policy, new OldRequests(store, policy, time));
    }

    public async Task<T> QueryAsync<T>(string sql, params object[] parameters)
    {
        await using var data = Data();
        await using var command = data.CreateCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(new() { Value = parameter });
        return (T)(await command.ExecuteScalarAsync())!;
    }

    private NpgsqlDataSource Data() =>
        NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(servers.Postgres) { Database = _prefix + "fraud", MaxPoolSize = 20 });

    internal sealed record Replica(AssessRisks Assessments, RequestStore Store, Policy Policy, OldRequests OldRequests)
    {
        public Task<RiskAssessed> AssessAsync(AssessRisk command) =>
            Assessments.AssessAsync(command, TestContext.Current.CancellationToken);
    }
}
