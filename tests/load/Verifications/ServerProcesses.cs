using System.Globalization;
using Npgsql;

namespace FlashCall.Load.Verifications;

/// <summary>The processes of PostgreSQL and RabbitMQ, where they run on this machine and may be looked at.</summary>
/// <param name="Postmaster">PostgreSQL's first process, which started all others of it; null where it cannot be found.</param>
/// <param name="Broker">The Erlang machine that listens on the broker's port; null where it cannot be found.</param>
internal sealed record ServerProcesses(int? Postmaster, int? Broker)
{
    private const string ListeningState = "0A";

    /// <summary>Finds them.</summary>
    public static async Task<ServerProcesses> FindAsync(NpgsqlDataSource postgres, Uri rabbitMq)
    {
        await using var ask = postgres.CreateCommand("select pg_backend_pid()");
        var backend = (int)(await ask.ExecuteScalarAsync())!;
        // In a container its process has another number than here.
        var postmaster = ProcessFigures.NameOf(backend) is "postgres" ? ProcessFigures.ParentOf(backend) : null;
        var sockets = ListenersOn(rabbitMq.Port).ToHashSet(StringComparer.Ordinal);
        var brokers = ProcessFigures.All().Where(process => ProcessFigures.NameOf(process) is "beam.smp" && Has(process, sockets)).ToList();
        return new ServerProcesses(postmaster, brokers is [var one] ? one : null);
    }

    private static IEnumerable<string> ListenersOn(int port)
    {
        var address = string.Create(CultureInfo.InvariantCulture, $":{port:X4}");
        return from file in (string[])["/proc/net/tcp", "/proc/net/tcp6"]
               where File.Exists(file)
               from line in File.ReadLines(file)
               let fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
               where fields[1].EndsWith(address, StringComparison.Ordinal) && fields[3] == ListeningState
               select $"socket:[{fields[9]}]";
    }

    private static bool Has(int process, HashSet<string> sockets)
    {
        try
        {
            return Directory.EnumerateFiles($"/proc/{process}/fd").Any(
                file => new FileInfo(file).LinkTarget is { } target && sockets.Contains(target));
        }
        // Another user's, or gone.
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
