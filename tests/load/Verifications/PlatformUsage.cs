using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;

namespace FlashCall.Load.Verifications;

/// <summary>Reads what the platform and its servers use.</summary>
/// <param name="programs">The processes of each program, its replicas together.</param>
/// <param name="servers">Those of PostgreSQL and RabbitMQ.</param>
/// <param name="postgres">A connection to the server, to none of the platform's databases.</param>
/// <param name="prefix">What the platform's databases begin with.</param>
/// <param name="handset">Where the handset answers HTTP.</param>
internal sealed class PlatformUsage(
    IReadOnlyDictionary<string, int[]> programs, ServerProcesses servers, NpgsqlDataSource postgres, string prefix, Uri handset)
    : IDisposable
{
    /// <summary>What PostgreSQL is called in the figures.</summary>
    public const string PostgreSql = "PostgreSQL";

    /// <summary>What RabbitMQ is called in the figures.</summary>
    public const string RabbitMq = "RabbitMQ";

    /// <summary>What this process is called in the figures.</summary>
    public const string Generator = "load generator";

    /// <summary>PostgreSQL's processes tell what they counted no more often than once in a second.</summary>
    private static readonly TimeSpan CountsAreLate = TimeSpan.FromSeconds(1.2);

    private readonly HttpClient _handset = new() { BaseAddress = handset };

    /// <summary>What was used so far. CPU times are read first, so that reading the rest is not among them.</summary>
    public async Task<Usage> ReadAsync(CancellationToken cancellationToken)
    {
        var at = Stopwatch.GetElapsedTime(0);
        var machine = ProcessFigures.MachineCpuTime();
        var cpu = programs.ToDictionary(
            program => program.Key, program => Sum(program.Value.Select(ProcessFigures.CpuTime)), StringComparer.Ordinal);
        cpu[Generator] = Environment.CpuUsage.TotalTime;
        if (servers.Postmaster is { } postmaster)
            cpu[PostgreSql] = Sum([ProcessFigures.CpuTimeOfFamily(postmaster)]);
        if (servers.Broker is { } broker)
            cpu[RabbitMq] = Sum([ProcessFigures.CpuTime(broker)]);
        await Task.Delay(CountsAreLate, cancellationToken);
        var databases = new Dictionary<string, DatabaseUse>(StringComparer.Ordinal);
        await using (var count = postgres.CreateCommand(
            "select datname, xact_commit + xact_rollback, tup_inserted, tup_updated, tup_deleted from pg_stat_database "
            + "where starts_with(datname, $1) order by 1"))
        {
            count.Parameters.Add(new() { Value = prefix });
            await using var reader = await count.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                databases[reader.GetString(0)[prefix.Length..]] = new DatabaseUse(
                    reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4));
            }
        }
        await using var log = postgres.CreateCommand(
            "select (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint, txid_snapshot_xmax(txid_current_snapshot())");
        await using var written = await log.ExecuteReaderAsync(cancellationToken);
        await written.ReadAsync(cancellationToken);
        var sip = (await _handset.GetFromJsonAsync<JsonElement>("/calls", cancellationToken)).GetProperty("sip");
        return new Usage(at, cpu, machine, databases, written.GetInt64(0), written.GetInt64(1),
            sip.GetProperty("received").GetInt64() + sip.GetProperty("sent").GetInt64());
    }

    /// <summary>Memory now by program, what it shares with others divided among them (PSS), in bytes.</summary>
    public IReadOnlyDictionary<string, long> Memory()
    {
        var memory = programs.ToDictionary(
            program => program.Key, program => program.Value.Sum(process => ProcessFigures.ProportionalBytes(process) ?? 0),
            StringComparer.Ordinal);
        if (servers.Broker is { } broker)
            memory[RabbitMq] = ProcessFigures.ProportionalBytes(broker) ?? 0;
        if (servers.Postmaster is { } postmaster)
        {
            memory[PostgreSql] = ProcessFigures.All().Where(
                process => process == postmaster || ProcessFigures.ParentOf(process) == postmaster).Sum(
                process => ProcessFigures.ProportionalBytes(process) ?? 0);
        }
        return memory;
    }

    public void Dispose() => _handset.Dispose();

    private static TimeSpan Sum(IEnumerable<TimeSpan?> times) => times.Aggregate(
        TimeSpan.Zero, (sum, time) => sum + (time ?? throw new InvalidOperationException("A process that is measured has ended.")));
}
