using System.Security.Cryptography;
using FlashCall.Hosting;
using FlashCall.Testing;
using FlashCall.Verification;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Npgsql;
using Xunit;

namespace FlashCall.Cli.Tests.Replay;

/// <summary>A database of the verification service with an event log of its own, as the service prepares it.</summary>
internal sealed class StoredLog : IAsyncDisposable
{
    private readonly string _connection;
    private readonly string[] _arguments;
    private readonly ECDsa _key;
    private WebApplication? _service;

    private StoredLog(string connection, string[] arguments, ECDsa key)
    {
        (_connection, _arguments, _key) = (connection, arguments, key);
        Data = NpgsqlDataSource.Create(connection);
    }

    public NpgsqlDataSource Data { get; }

    /// <summary>What the command finds it by.</summary>
    public Dictionary<string, string> Environment => new(StringComparer.Ordinal) { ["FLASHCALL_ANALYTICS_DATABASE"] = _connection };

    public static async Task<StoredLog> CreateAsync(ServersFixture servers)
    {
        // The run's databases go with it, by their prefix.
        var prefix = $"{servers.DatabasePrefix}r{Guid.NewGuid():N}_";
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string[] arguments =
        [
            .. servers.Arguments, $"--DatabasePrefix={prefix}", $"--BusPrefix={servers.BusPrefix}{prefix}",
            $"--Identity:PublicKey={key.ExportSubjectPublicKeyInfoPem()}", $"--Verification:SecretsKey={NewKey()}", $"--ClientTokens:Key={NewKey()}",
        ];
        Assert.Equal(0, await PlatformHost.RunAsync([PlatformHost.PrepareArgument, .. arguments], VerificationService.Build));
        return new StoredLog(
            new NpgsqlConnectionStringBuilder(servers.Postgres) { Database = $"{prefix}verification", MaxPoolSize = 5 }.ConnectionString, arguments, key);
    }

    /// <summary>The options that lead a command to the service itself, which runs from the first call on, as an application that may see
    /// everything.</summary>
    public async Task<string[]> ApiAsync(params string[] scopes)
    {
        if (_service is null)
        {
            _service = VerificationService.Build(_arguments);
            await _service.StartAsync();
        }
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Identity:SigningKey", _key.ExportPkcs8PrivateKeyPem())]).Build();
        return ["--api", _service.Urls.First(), "--key", new InternalIdentity.Minter(configuration, TimeProvider.System).Mint("analyst", scopes)];
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

    /// <summary>Stores events out of the lines of an export.</summary>
    public async Task AddLinesAsync(IEnumerable<string> lines)
    {
        await using var command = Data.CreateCommand(
            """
            with happened as (
                select row_number() over () as nr, (line ->> 'verificationId')::uuid as id, (line ->> 'version')::bigint as version,
                       line ->> 'type' as type, line -> 'data' as data
                from unnest($1::jsonb[]) line where line ? 'type'),
            streams as (
                insert into mt_streams (id, type, version, is_archived) select id, 'verification_session', max(version), false from happened group by id)
            insert into mt_events (seq_id, id, stream_id, version, type, timestamp, is_archived, data)
            select nr, gen_random_uuid(), id, version, type, (data ->> 'at')::timestamptz, false, data from happened
            """);
        command.Parameters.Add(new() { Value = lines.ToArray(), NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Jsonb });
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The first value of the first row.</summary>
    public async Task<string?> ReadAsync(string sql)
    {
        await using var command = Data.CreateCommand(sql);
        return (await command.ExecuteScalarAsync())?.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        if (_service is not null)
        {
            await _service.StopAsync();
            await _service.DisposeAsync();
        }
        _key.Dispose();
        await Data.DisposeAsync();
    }

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
}
