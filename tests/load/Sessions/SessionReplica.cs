using FlashCall.Hosting;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Watching;
using Marten;
using MassTransit;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace FlashCall.Load.Sessions;

/// <summary>What stores the sessions of one replica of the verification service, without requests and without a broker: messages go to a
/// bus in memory, where nobody takes them but the news between the replicas.</summary>
internal sealed class SessionReplica : IAsyncDisposable
{
    private readonly NpgsqlDataSource _data;
    private readonly DocumentStore _documents;
    private readonly Outbox _outbox;
    private readonly SessionWatch _watch;

    private SessionReplica(NpgsqlDataSource data, IBus bus, int number, bool isShared)
    {
        var time = TimeProvider.System;
        _data = data;
        _documents = DocumentStore.For(options =>
        {
            options.Connection(data);
            EventStore.Configure(options, time);
        });
        _outbox = new Outbox(data, new Messenger(bus, new BusNames("")), new OutageLog(time, NullLogger<OutageLog>.Instance), time,
            NullLogger<Outbox>.Instance);
        var committer = isShared ? new Committer(_documents, time) : new Committer(_documents, time, most: 1, mostUnderWay: int.MaxValue);
        _watch = new SessionWatch(bus, Live, new ServiceIdentity("verification", $"{number}"), TimeProvider.System,
            NullLogger<SessionWatch>.Instance);
        Sessions = new SessionStore(_documents, committer, Live, _outbox, _watch, NullLogger<SessionStore>.Instance);
    }

    public SessionStore Sessions { get; }

    public LiveSessions Live { get; } = new();

    /// <summary>So many replicas on one database.</summary>
    /// <param name="database">The database.</param>
    /// <param name="count">How many.</param>
    /// <param name="isShared">Whether steps share transactions and are decided from memory; otherwise each has its own, and reads its
    /// stream.</param>
    public static async Task<Group> StartAsync(SessionDatabase database, int count, bool isShared)
    {
        SessionReplica[] replicas = [];
        var bus = MassTransit.Bus.Factory.CreateUsingInMemory(configure => configure.ReceiveEndpoint("moved", endpoint =>
            endpoint.Handler<SessionsMoved>(moved =>
            {
                foreach (var replica in replicas)
                    replica._watch.MovedElsewhere(moved.Message);
                return Task.CompletedTask;
            })));
        replicas = [.. Enumerable.Range(0, count).Select(number => new SessionReplica(database.Open(), bus, number, isShared))];
        await bus.StartAsync();
        foreach (var replica in replicas)
        {
            await replica._outbox.StartAsync(CancellationToken.None);
            await replica._watch.StartAsync(CancellationToken.None);
        }
        return new Group(bus, replicas, isShared);
    }

    public async ValueTask DisposeAsync()
    {
        await _outbox.StopAsync(CancellationToken.None);
        await _watch.StopAsync(CancellationToken.None);
        _outbox.Dispose();
        _watch.Dispose();
        _documents.Dispose();
        await _data.DisposeAsync();
    }

    /// <summary>Replicas with the bus between them.</summary>
    internal sealed class Group(IBusControl bus, IReadOnlyList<SessionReplica> replicas, bool isShared) : IAsyncDisposable
    {
        /// <summary>The store of whichever replica happens to get a message for a session.</summary>
        public SessionStore For(Guid session)
        {
            var replica = replicas[Random.Shared.Next(replicas.Count)];
            if (!isShared)
                replica.Live.Forget(session);
            return replica.Sessions;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var replica in replicas)
                await replica.DisposeAsync();
            await bus.StopAsync();
        }
    }
}
