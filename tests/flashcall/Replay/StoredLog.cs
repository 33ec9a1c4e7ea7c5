using System.Security.Cryptography;
using FlashCall.Hosting;
using FlashCall.Testing;
using FlashCall.Verification;
using Npgsql;
using Xunit;

namespace FlashCall.Cli.Tests.Replay;

/// <summary>A database of the verification service with an event log of its own, as the service prepares it.</summary>
internal sealed class StoredLog : IAsyncDisposable
{
    private readonly string _connection;

    private StoredLog(string connection)
    {
        _connection = connection;
        Data = NpgsqlDataSource.Create(connection);
    }

    public NpgsqlDataSource Data { get; }

    /// <summary>What the command finds it by.</summary>
    public Dictionary<string, string> Environment => new(StringComparer.Ordinal) { ["FLASHCALL_ANALYTICS_DATABASE"] = _connection };

    public static async Task<StoredLog> CreateAsync(ServersFixture servers)
    {
        // The run's databases go with it, by their prefix.
        var prefix = $"{servers.DatabasePrefix}r{Guid.NewGuid():N}_";
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string[] arguments =
        [
            PlatformHost.PrepareArgument, .. servers.Arguments, $"--DatabasePrefix={prefix}",
            $"--Identity:PublicKey={key.ExportSubjectPublicKeyInfoPem()}", $"--Verification:SecretsKey={NewKey()}", $"--ClientTokens:Key={NewKey()}",
        ];
        Assert.Equal(0, await PlatformHost.RunAsync(arguments, VerificationService.Build));
        return new StoredLog(new NpgsqlConnectionStringBuilder(servers.Postgres) { Database = $"{prefix}verification", MaxPoolSize = 5 }.ConnectionString);
    }

    /// <summary>Stores sessions of four events each, one in four of them in Denmark and never ringing, and lets the funnel think that it has
    /// them: as if it had been emptied.</summary>
    public async Task AddAsync(int sessions)
    {
        await using var command = Data.CreateCommand(
            """
            with asked as (
                select gen_random_uuid() as id, nr, timestamptz '2026-11-20 08:00Z' + nr * interval '10 s' as at
                from generate_series(1, $1) nr),
            streams as (
                insert into mt_streams (id, type, version, timestamp, created, is_archived) select id, 'verification_session', 4, at, at, false from asked)
            insert into mt_events (seq_id, id, stream_id, version, type, timestamp, is_archived, data)
            select nextval('mt_events_sequence'), gen_random_uuid(), asked.id, kind.version, kind.type, asked.at, false,
                   kind.data || jsonb_build_object('at', asked.at + kind.version * interval '1 s')
            from asked, lateral (values
                (1, 'verification_requested', jsonb_build_object('applicationId', 'shop', 'purpose', 'Login',
                    'to', case when nr % 4 = 0 then '+4520123456' else '+46701740605' end)),
                (2, 'attempt_started', jsonb_build_object('attemptId', asked.id, 'position', 0, 'channel', 'flash_call')),
                (3, case when nr % 4 = 0 then 'call_not_placed' else 'call_rang' end, jsonb_build_object('attemptId', asked.id, 'reason', 'x')),
                (4, case when nr % 4 = 0 then 'verification_failed' else 'verification_succeeded' end, '{"reason": "call_too_late"}'::jsonb))
                as kind (version, type, data)
            order by nr, kind.version
            """);
        command.Parameters.Add(new() { Value = sessions });
        await command.ExecuteNonQueryAsync();
        await using var counted = Data.CreateCommand("update funnel_generations set seq = (select max(seq_id) from mt_events) where state = 'live'");
        await counted.ExecuteNonQueryAsync();
    }

    /// <summary>The first value of the first row.</summary>
    public async Task<string?> ReadAsync(string sql)
    {
        await using var command = Data.CreateCommand(sql);
        return (await command.ExecuteScalarAsync())?.ToString();
    }

    public async ValueTask DisposeAsync() => await Data.DisposeAsync();

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
}
