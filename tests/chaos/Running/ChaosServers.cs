using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using FlashCall.Testing;
using Npgsql;

namespace FlashCall.Chaos.Running;

/// <summary>PostgreSQL and RabbitMQ of this run alone, native processes that can be killed and frozen.</summary>
internal sealed class ChaosServers : IAsyncDisposable
{
    private readonly string _data;

    private ChaosServers(string data) => _data = data;

    /// <summary>The connection string. What was committed survives the server's death: the servers for tests leave that out.</summary>
    public string Postgres { get; private set; } = "";

    /// <summary>The broker's address.</summary>
    public Uri RabbitMq { get; private set; } = null!;

    /// <summary>Installs the servers if need be and starts new ones.</summary>
    public static async Task<ChaosServers> MakeAsync(CancellationToken cancellationToken)
    {
        var data = Directory.CreateTempSubdirectory("flashcall-chaos-").FullName;
        // PostgreSQL refuses root and runs as another user then, who must be able to enter.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(data, (UnixFileMode)0b111_101_101);
        var servers = new ChaosServers(data);
        try
        {
            await NativeServers.RunAsync(["install"], cancellationToken);
            await servers.StartAsync(cancellationToken);
        }
        catch
        {
            await servers.DisposeAsync();
            throw;
        }
        return servers;
    }

    /// <summary>Starts what does not run, on the ports it had.</summary>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        // Should this process be killed, the servers end too.
        var settings = await NativeServers.RunAsync(
            ["start", "--throw-away", "--data", _data, "--until", $"{Environment.ProcessId}"], cancellationToken);
        // Killed and not crashed with the machine, the server loses nothing without fsync; without waiting for the log it would.
        Postgres = new NpgsqlConnectionStringBuilder(NativeServers.Setting(settings, TestServers.PostgresVariable))
        {
            Options = "-c synchronous_commit=on",
        }.ConnectionString;
        RabbitMq = new Uri(NativeServers.Setting(settings, TestServers.RabbitMqVariable));
    }

    /// <summary>Ends a server at once, as a crash does.</summary>
    public async Task KillAsync(string server)
    {
        await SignalAsync(server, "KILL");
        await GoneAsync(server);
    }

    /// <summary>Ends a server as its operator does.</summary>
    public async Task TerminateAsync(string server)
    {
        // PostgreSQL: ends sessions and stops (fast shutdown).
        await KillProgramAsync(server == Faults.FaultPlan.Postgres ? "INT" : "TERM", [Main(server)]);
        await GoneAsync(server);
    }

    /// <summary>Sends all of a server's processes a signal.</summary>
    public async Task SignalAsync(string server, string signal)
    {
        var main = Main(server);
        // The main one first: PostgreSQL's would take the death of another for a crash to recover from, and start new ones. Once it is
        // dead they are nobody's children.
        var children = server == Faults.FaultPlan.Postgres ? ProcessTree.ChildrenOf(main) : [];
        await KillProgramAsync(signal, [main]);
        await KillProgramAsync(signal, [.. children.Union(server == Faults.FaultPlan.Postgres ? ProcessTree.ChildrenOf(main) : [])]);
    }

    public async ValueTask DisposeAsync()
    {
        // A run that was broken off may have left one frozen.
        foreach (var server in Faults.FaultPlan.Servers.Where(server => File.Exists(MainFile(server))))
            await SignalAsync(server, "CONT");
        NpgsqlConnection.ClearAllPools();
        await NativeServers.RunAsync(["stop", "--remove", "--data", _data], CancellationToken.None);
    }

    private static async Task KillProgramAsync(string signal, IReadOnlyCollection<int> processes)
    {
        if (processes.Count == 0)
            return;
        using var kill = Process.Start(
            new ProcessStartInfo("kill", ["-s", signal, .. processes.Select(id => id.ToString(CultureInfo.InvariantCulture))])
            {
                // One may have ended meanwhile, as a database session does.
                UseShellExecute = false,
                RedirectStandardError = true,
            })!;
        await kill.WaitForExitAsync();
    }

    private string MainFile(string server) =>
        Path.Combine(_data, server == Faults.FaultPlan.Postgres ? Path.Combine("postgres", "postmaster.pid") : "rabbitmq.pid");

    private int Main(string server) =>
        int.Parse(File.ReadLines(MainFile(server)).First(), NumberStyles.None, CultureInfo.InvariantCulture);

    private async Task GoneAsync(string server)
    {
        var port = server == Faults.FaultPlan.Postgres ? new NpgsqlConnectionStringBuilder(Postgres).Port : RabbitMq.Port;
        await Eventually.TrueAsync(
            () =>
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    socket.Connect("127.0.0.1", port);
                    return false;
                }
                catch (SocketException)
                {
                    return true;
                }
            },
            $"{server} takes no connections any more", TimeSpan.FromSeconds(60));
    }
}
