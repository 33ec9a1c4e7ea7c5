using System.Collections.Concurrent;
using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.Testing;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace FlashCall.Verification.Tests.Support;

/// <summary>
/// The services that verification talks to, played by the test over the real broker: each takes its commands from its real queue and
/// answers as the test says.
/// </summary>
internal sealed class Peers : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Peers(WebApplication app) => _app = app;

    /// <summary>Every command that arrived, by session.</summary>
    public ConcurrentDictionary<Guid, ConcurrentQueue<object>> Received { get; } = new();

    /// <summary>How the peers play for a number; all goes well where a test says nothing.</summary>
    public ConcurrentDictionary<string, Script> Scripts { get; } = new(StringComparer.Ordinal);

    private Messenger Messenger => _app.Services.GetRequiredService<Messenger>();

    public static async Task<Peers> StartAsync(string[] arguments)
    {
        Peers? peers = null;
        var apps = new List<WebApplication>();
        var builder = PlatformHost.CreateBuilder(arguments, "peers");
        builder.Services.AddSingleton(_ => peers!);
        builder.AddBus(queue: null, _ => { });
        // The peers' queues stand beside each other in this one process; the product has one a process.
        builder.Services.AddOptions<MassTransitHostOptions>().Configure(host => host.WaitUntilStarted = true);
        var app = builder.Build();
        peers = new Peers(app);
        await app.StartAsync();
        var bus = app.Services.GetRequiredService<IBusControl>();
        var names = app.Services.GetRequiredService<BusNames>();
        foreach (var queue in new[] { Queues.Fraud, Queues.NumberPool, Queues.Dialer, Queues.Gateway })
        {
            var handle = bus.ConnectReceiveEndpoint(names.Of(queue), endpoint =>
            {
                endpoint.ConfigureConsumeTopology = false;
                ((IRabbitMqReceiveEndpointConfigurator)endpoint).SetQuorumQueue();
                if (queue != Queues.Dialer)
                {
                    endpoint.Handler<EraseSubject>(context => peers.TakeAsync(
                        context.Message.ErasureId, context.Message, command => peers.ScriptOf(command.Number).OnErase(command, queue)));
                }
                if (queue == Queues.Fraud)
                    endpoint.Handler<AssessRisk>(context => peers.TakeAsync(context.Message.VerificationId, context.Message, peers.ScriptOf(context.Message.To).OnAssessRisk));
                if (queue == Queues.NumberPool)
                {
                    endpoint.Handler<LeaseCallerId>(context => peers.TakeAsync(context.Message.VerificationId, context.Message, peers.ScriptOf(context.Message.Callee).OnLease));
                    endpoint.Handler<ReleaseCallerId>(context => peers.TakeAsync(context.Message.VerificationId, context.Message, _ => null));
                }
                if (queue == Queues.Dialer)
                {
                    endpoint.Handler<PlaceFlashCall>(context => peers.TakeAsync(context.Message.VerificationId, context.Message, peers.ScriptOf(context.Message.Callee).OnPlace));
                    endpoint.Handler<HangUp>(context => peers.TakeAsync(context.Message.VerificationId, context.Message, Answers.Ended));
                }
            });
            await handle.Ready;
        }
        return peers;
    }

    /// <summary>Sends news to the verification service, as a peer does of its own accord.</summary>
    public Task TellAsync(object news) =>
        Messenger.SendAsync(Queues.Verification, news, Guid.CreateVersion7(), CancellationToken.None);

    /// <summary>The commands of one kind that arrived for a session, once there are so many.</summary>
    public async Task<IReadOnlyList<T>> WaitForAsync<T>(Guid session, int count = 1)
    {
        IReadOnlyList<T> found = [];
        await Eventually.TrueAsync(
            () => (found = [.. Received.GetValueOrDefault(session)?.OfType<T>() ?? []]).Count >= count,
            $"{count} {typeof(T).Name} for {session}");
        return found;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private Script ScriptOf(PhoneNumber number) => Scripts.GetValueOrDefault(number.E164) ?? Script.AllWell;

    private async Task TakeAsync<T>(Guid session, T command, Func<T, object?> answer) where T : class
    {
        Received.GetOrAdd(session, _ => new()).Enqueue(command);
        if (answer(command) is { } news)
            await Messenger.SendAsync(Queues.Verification, news, Guid.CreateVersion7(), CancellationToken.None);
    }
}

/// <summary>What the peers answer; null for silence.</summary>
internal sealed record Script
{
    public static readonly Script AllWell = new();

    public Func<AssessRisk, object?> OnAssessRisk { get; init; } = Answers.Allow;

    public Func<LeaseCallerId, object?> OnLease { get; init; } = Answers.Lease;

    public Func<PlaceFlashCall, object?> OnPlace { get; init; } = Answers.Ringing;

    /// <summary>By the command and the service's queue.</summary>
    public Func<EraseSubject, string, object?> OnErase { get; init; } = Answers.Erased;
}
