using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using FlashCall.Load.Gateway;
using FlashCall.Load.Verifications;
using Npgsql;

namespace FlashCall.Load.Floor;

/// <summary>The work of a verification without the platform: raw clients, one step after the other as the platform has them, so many
/// verifications at once as the platform had under way.</summary>
internal sealed class FloorRun(FloorWork work, int atOnce)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    /// <summary>Measures it on the same servers.</summary>
    public async Task<FloorResult> MeasureAsync(string postgres, string rabbitMq, TimeSpan length, CancellationToken cancellationToken)
    {
        var port = EndToEnd.Tests.Running.Program.FreePort(SocketType.Dgram);
        await using var peer = await Part.StartAsync("floor", [$"--{FloorPeer.Port}={port.ToString(CultureInfo.InvariantCulture)}"]);
        await using var database = await FloorDatabase.CreateAsync(postgres, atOnce);
        await using var queues = await FloorQueues.CreateAsync(new Uri(rabbitMq));
        await using var server = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(postgres) { Database = "postgres", MaxPoolSize = 1 });
        var processes = await ServerProcesses.FindAsync(server, new Uri(rabbitMq));
        var rowLength = await database.CalibrateAsync(work, cancellationToken);
        await DriveAsync(peer, port, database, queues, WarmUp, cancellationToken);
        var (cpu, log) = (Cpu(peer, processes), await database.LogAsync(cancellationToken));
        var (done, took) = await DriveAsync(peer, port, database, queues, length, cancellationToken);
        var used = Cpu(peer, processes).ToDictionary(
            now => now.Key, now => (now.Value - cpu[now.Key]).TotalMilliseconds / done, StringComparer.Ordinal);
        return new FloorResult(
            work, atOnce, rowLength, done / took.TotalSeconds, used, (await database.LogAsync(cancellationToken) - log) / (double)done);
    }

    private async Task<(long Done, TimeSpan Took)> DriveAsync(
        Part peer, int port, FloorDatabase database, FloorQueues queues, TimeSpan length, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, UseProxy = false, ActivityHeadersPropagator = null })
        {
            BaseAddress = peer.Address,
        };
        var done = 0L;
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => Task.Run(async () =>
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
            var writer = database.Open();
            while (Stopwatch.GetElapsedTime(began) < length)
            {
                for (var left = work.Requests; left > 0; left--)
                    await RequestAsync(http, cancellationToken);
                await writer.WriteAllAsync(work, cancellationToken);
                for (var left = work.Messages; left > 0; left--)
                    await queues.PassAsync(cancellationToken);
                for (var left = work.Calls; left > 0; left--)
                    await FloorPeer.CallAsync(socket, cancellationToken);
                Interlocked.Increment(ref done);
            }
        }, cancellationToken)));
        return (done, Stopwatch.GetElapsedTime(began));
    }

    private static async Task RequestAsync(HttpClient http, CancellationToken cancellationToken)
    {
        using var body = new ByteArrayContent(new byte[100]);
        using var response = await http.PostAsync("/", body, cancellationToken);
        response.EnsureSuccessStatusCode();
        await response.Content.CopyToAsync(Stream.Null, cancellationToken);
    }

    private static Dictionary<string, TimeSpan> Cpu(Part peer, ServerProcesses servers)
    {
        var cpu = new Dictionary<string, TimeSpan>(StringComparer.Ordinal)
        {
            ["raw clients"] = Environment.CpuUsage.TotalTime,
            ["Kestrel and datagrams"] = peer.CpuTime,
        };
        if (servers.Postmaster is { } postmaster && ProcessFigures.CpuTimeOfFamily(postmaster) is { } ofPostgres)
            cpu[PlatformUsage.PostgreSql] = ofPostgres;
        if (servers.Broker is { } broker && ProcessFigures.CpuTime(broker) is { } ofBroker)
            cpu[PlatformUsage.RabbitMq] = ofBroker;
        return cpu;
    }
}

/// <summary>What the floor took.</summary>
/// <param name="Work">What was done for each verification.</param>
/// <param name="AtOnce">How many at once.</param>
/// <param name="RowLength">Bytes of a row's body.</param>
/// <param name="PerSecond">Verifications' worth of work a second.</param>
/// <param name="CpuMilliseconds">CPU time of each, by program.</param>
/// <param name="LogBytes">Bytes that each wrote into PostgreSQL's log.</param>
internal sealed record FloorResult(
    FloorWork Work, int AtOnce, int RowLength, double PerSecond, IReadOnlyDictionary<string, double> CpuMilliseconds, double LogBytes)
{
    public double AllCpuMilliseconds => CpuMilliseconds.Values.Sum();
}
