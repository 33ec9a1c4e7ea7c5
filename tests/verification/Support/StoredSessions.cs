using FlashCall.Hosting;
using FlashCall.Testing;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Watching;
using Marten;
using MassTransit;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace FlashCall.Verification.Tests.Support;

/// <summary>A database of the service's own schema, and the stores of replicas on it, without all that moves sessions by itself: no
/// broker, no deadlines, and the replicas hear nothing of each other.</summary>
internal sealed class StoredSessions : IAsyncDisposable
{
    private readonly List<(DocumentStore Documents, Outbox Outbox, SessionWatch Watch)> _replicas = [];
    private readonly IBusControl _bus = MassTransit.Bus.Factory.CreateUsingInMemory(_ => { });

    private StoredSessions(NpgsqlDataSource data) => Data = data;

    public NpgsqlDataSource Data { get; }

    public static async Task<StoredSessions> CreateAsync(RunningVerification running)
    {
        // The run's databases go with it, by their prefix.
        var name = $"{running.DatabasePrefix}s{Guid.NewGuid():N}_";
        string[] arguments = [PlatformHost.PrepareArgument, .. running.Arguments, $"--DatabasePrefix={name}"];
        Assert.Equal(0, await PlatformHost.RunAsync(arguments, VerificationService.Build));
        var stored = new StoredSessions(NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(running.Postgres) { Database = $"{name}verification", MaxPoolSize = 20 }));
        await stored._bus.StartAsync();
        return stored;
    }

    /// <summary>A replica's own store, committer and memory.</summary>
    public Replica Start()
    {
        var time = TimeProvider.System;
        var documents = DocumentStore.For(options =>
        {
            options.Connection(Data);
            EventStore.Configure(options, time);
        });
        var live = new LiveSessions();
        var outbox = new Outbox(Data, new Messenger(_bus, new BusNames("")), new OutageLog(time, NullLogger<OutageLog>.Instance), time,
            NullLogger<Outbox>.Instance);
        var watch = new SessionWatch(_bus, live, new ServiceIdentity("verification", $"{_replicas.Count}"), TimeProvider.System,
            NullLogger<SessionWatch>.Instance);
        var committer = new Committer(documents, time);
        _replicas.Add((documents, outbox, watch));
        return new Replica(new SessionStore(documents, committer, live, outbox, watch, NullLogger<SessionStore>.Instance), committer, live, documents, watch);
    }

    /// <summary>What a statement finds, in order; each row's only column as text, null for null.</summary>
    public async Task<IReadOnlyList<string?>> ReadAsync(string sql, params object[] parameters)
    {
        await using var command = Data.CreateCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        var rows = new List<string?>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            rows.Add(await reader.IsDBNullAsync(0) ? null : reader.GetString(0));
        return rows;
    }

    /// <summary>Keeps all commits waiting until it is disposed.</summary>
    public async Task<IAsyncDisposable> HoldCommitsAsync()
    {
        var connection = await Data.OpenConnectionAsync();
        await using var hold = new NpgsqlCommand("begin; lock table mt_streams in exclusive mode", connection);
        await hold.ExecuteNonQueryAsync();
        return connection;
    }

    /// <summary>Waits until so many commits wait.</summary>
    public Task HeldAsync(int count) => Eventually.TrueAsync(
        async () => (await ReadAsync(
            "select pid::text from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")).Count >= count,
        $"{count} commits that wait");

    public async ValueTask DisposeAsync()
    {
        foreach (var (documents, outbox, watch) in _replicas)
        {
            outbox.Dispose();
            watch.Dispose();
            documents.Dispose();
        }
        await _bus.StopAsync();
        await Data.DisposeAsync();
    }

    internal sealed record Replica(SessionStore Sessions, Committer Committer, LiveSessions Live, IDocumentStore Documents, SessionWatch Watch);
}
