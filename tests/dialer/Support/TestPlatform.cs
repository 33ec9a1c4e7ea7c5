using System.Collections.Concurrent;
using System.Diagnostics;
using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.Testing;
using MassTransit;
using Npgsql;
using RabbitMQ.Client;
using Xunit;

namespace FlashCall.Dialer.Tests.Support;

/// <summary>What surrounds the dialer: a database and a part of the broker of its own, and the sides of the verification
/// service and of the number pool on the bus.</summary>
internal sealed class TestPlatform : IAsyncDisposable
{
    private readonly ServersFixture _servers;
    private readonly string _busPrefix;
    private readonly IBusControl _bus;
    private readonly ConcurrentQueue<Received> _reports = new();
    private readonly ConcurrentQueue<TrunkNews> _news = new();

    private TestPlatform(ServersFixture servers)
    {
        _servers = servers;
        var run = Guid.NewGuid().ToString("N")[..6];
        _busPrefix = $"{servers.BusPrefix}{run}-";
        DatabaseName = $"{servers.DatabasePrefix}{run}_dialer";
        Arguments =
        [
            .. servers.Arguments, Operator.IdentityArgument,
            $"--DatabasePrefix={servers.DatabasePrefix}{run}_", $"--BusPrefix={_busPrefix}",
        ];
        _bus = MassTransit.Bus.Factory.CreateUsingRabbitMq(rabbit =>
        {
            rabbit.Host(new Uri(servers.RabbitMq));
            rabbit.ReceiveEndpoint(_busPrefix + Queues.Verification, endpoint =>
            {
                endpoint.SetQuorumQueue();
                endpoint.ConfigureConsumeTopology = false;
                endpoint.Handler<FlashCallRinging>(context => Keep(context, context.Message.AttemptId));
                endpoint.Handler<FlashCallEnded>(context => Keep(context, context.Message.AttemptId));
            });
            rabbit.ReceiveEndpoint(_busPrefix + Queues.NumberPool, endpoint =>
            {
                endpoint.SetQuorumQueue();
                endpoint.ConfigureConsumeTopology = false;
                endpoint.Handler<TrunkNews>(context =>
                {
                    _news.Enqueue(context.Message);
                    return Task.CompletedTask;
                });
            });
        });
    }

    /// <summary>A report as it arrived.</summary>
    internal sealed record Received(Guid AttemptId, object Message, Guid? MessageId, ActivityTraceId TraceId);

    /// <summary>The settings of a dialer of this platform, but for SIP and trunks.</summary>
    public string[] Arguments { get; }

    public string DatabaseName { get; }

    /// <summary>What the number pool was told of the trunks, in order.</summary>
    public IReadOnlyList<TrunkNews> News => [.. _news];

    public static async Task<TestPlatform> StartAsync(ServersFixture servers)
    {
        var platform = new TestPlatform(servers);
        Assert.Equal(0, await PlatformHost.RunAsync([PlatformHost.PrepareArgument, .. platform.Arguments], DialerService.Build));
        await platform._bus.StartAsync();
        return platform;
    }

    public async Task SendAsync<T>(T command)
        where T : class
    {
        var endpoint = await _bus.GetSendEndpoint(new Uri($"exchange:{_busPrefix}{Queues.Dialer}"));
        await endpoint.Send(command);
    }

    public IReadOnlyList<Received> ReportsOf(Guid attemptId) => [.. _reports.Where(report => report.AttemptId == attemptId)];

    public async Task<FlashCallEnded> EndOfAsync(PlaceFlashCall call, double seconds = 20)
    {
        await Eventually.TrueAsync(() => EndsOf(call).Any(), "the call's end is reported", TimeSpan.FromSeconds(seconds));
        return EndsOf(call).First();
    }

    public async Task<FlashCallRinging> RingingOfAsync(PlaceFlashCall call, double seconds = 20)
    {
        await Eventually.TrueAsync(() => RingsOf(call).Any(), "the call's ringing is reported", TimeSpan.FromSeconds(seconds));
        return RingsOf(call).First();
    }

    public IEnumerable<FlashCallEnded> EndsOf(PlaceFlashCall call) =>
        ReportsOf(call.AttemptId).Select(report => report.Message).OfType<FlashCallEnded>();

    public IEnumerable<FlashCallRinging> RingsOf(PlaceFlashCall call) =>
        ReportsOf(call.AttemptId).Select(report => report.Message).OfType<FlashCallRinging>();

    public NpgsqlDataSource OpenDatabase() =>
        NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_servers.Postgres) { Database = DatabaseName, MaxPoolSize = 4 });

    /// <summary>How many commands the dialer has put aside as impossible.</summary>
    public async Task<uint> RefusedCommandsAsync() => await CountAsync($"{Queues.Dialer}_error") ?? 0;

    /// <returns>Messages in a queue; null if it does not exist.</returns>
    private async Task<uint?> CountAsync(string queue)
    {
        await using var connection = await ConnectAsync();
        await using var channel = await connection.CreateChannelAsync();
        try
        {
            return await channel.MessageCountAsync(_busPrefix + queue);
        }
        catch (RabbitMQ.Client.Exceptions.OperationInterruptedException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _bus.StopAsync();
        await using var connection = await ConnectAsync();
        await using var channel = await connection.CreateChannelAsync();
        foreach (var queue in (string[])[Queues.Verification, Queues.NumberPool, Queues.Dialer, $"{Queues.Dialer}_error"])
        {
            await channel.QueueDeleteAsync(_busPrefix + queue);
            await channel.ExchangeDeleteAsync(_busPrefix + queue);
        }
        // Where a command that was put aside is announced as well.
        foreach (var exchange in (string[])["MassTransit:Fault", "MassTransit:Fault--FlashCall.Contracts:PlaceFlashCall--"])
            await channel.ExchangeDeleteAsync(_busPrefix + exchange);
    }

    private Task<IConnection> ConnectAsync() => new ConnectionFactory { Uri = new Uri(_servers.RabbitMq) }.CreateConnectionAsync();

    private Task Keep<T>(ConsumeContext<T> context, Guid attemptId)
        where T : class
    {
        _reports.Enqueue(new Received(attemptId, context.Message, context.MessageId, Activity.Current?.TraceId ?? default));
        return Task.CompletedTask;
    }
}
