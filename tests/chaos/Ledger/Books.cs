using System.Text;
using System.Text.Json;
using FlashCall.Chaos.Running;
using FlashCall.Contracts;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace FlashCall.Chaos.Ledger;

/// <summary>Reads what the services and the broker have on record, past the proxies. No part of the platform reads so.</summary>
internal sealed class Books(ChaosPlatform platform)
{
    /// <summary>What is still to be done, in words; empty when all is quiet.</summary>
    public async Task<IReadOnlyList<string>> UnfinishedAsync(CancellationToken cancellationToken)
    {
        var left = new List<string>();
        foreach (var (database, what, sql) in Work)
        {
            var ids = await ReadAsync(database, sql, row => row.GetGuid(0), cancellationToken);
            if (ids.Count > 0)
                left.Add($"{ids.Count} {what}: {string.Join(", ", ids.Take(10))}{(ids.Count > 10 ? " …" : "")}");
        }
        await using var connection = await ConnectAsync(cancellationToken);
        foreach (var queue in QueueNames)
        {
            if (await CountAsync(connection, queue, cancellationToken) is > 0 and var count)
                left.Add($"{count} messages wait in the queue {queue}");
        }
        return left;
    }

    /// <summary>The replicas of the dialer that have a phone ring.</summary>
    public async Task<int> RingingDialersAsync(CancellationToken cancellationToken) =>
        (await ReadAsync(
            "dialer", "select distinct owner from attempts where rang_at is not null and ended_at is null",
            row => row.GetString(0), cancellationToken)).Count;

    /// <summary>The sessions that have ended.</summary>
    public async Task<IReadOnlyList<Guid>> EndedAsync(CancellationToken cancellationToken) =>
        await ReadAsync(
            "verification", "select id from verifications where ended_at is not null", row => row.GetGuid(0), cancellationToken);

    /// <summary>The latest deadline of a session; null when there is none.</summary>
    public async Task<DateTimeOffset?> LastDeadlineAsync(TimeSpan lifetime, CancellationToken cancellationToken)
    {
        var last = await ReadAsync(
            "verification", "select max(created_at) from verifications having max(created_at) is not null",
            row => row.GetFieldValue<DateTimeOffset>(0), cancellationToken);
        return last is [var begun] ? begun + lifetime : null;
    }

    /// <summary>All of it; what clients, phones and the webhook know is not here.</summary>
    public async Task<Entries> ReadAsync(TimeSpan lifetime, CancellationToken cancellationToken) => new()
    {
        Streams = await StreamsAsync(lifetime, cancellationToken),
        Leases = await ReadAsync(
            "number_pool",
            "select attempt_id, lease_id, callee, '+' || caller_id, answered_at, outcome from answers where lease_id is not null",
            row => new PoolLease
            {
                AttemptId = row.GetGuid(0),
                LeaseId = row.GetGuid(1),
                Callee = row.GetString(2),
                CallerId = row.GetString(3),
                AnsweredAt = row.GetFieldValue<DateTimeOffset>(4),
                Outcome = row.IsDBNull(5) ? null : row.GetString(5),
            }, cancellationToken),
        Attempts = await ReadAsync(
            "dialer",
            "select attempt_id, verification_id, rang_at, ended_at, disposition, report_due_at is null, owner is not null from attempts",
            row => new DialledAttempt
            {
                AttemptId = row.GetGuid(0),
                VerificationId = row.GetGuid(1),
                RangAt = row.IsDBNull(2) ? null : row.GetFieldValue<DateTimeOffset>(2),
                EndedAt = row.IsDBNull(3) ? null : row.GetFieldValue<DateTimeOffset>(3),
                Disposition = row.IsDBNull(4) ? null : row.GetString(4),
                Reported = row.GetBoolean(5),
                Taken = row.GetBoolean(6),
            }, cancellationToken),
        DeadLetters = await DeadLettersAsync(cancellationToken),
        Unfinished = await UnfinishedAsync(cancellationToken),
    };

    private static readonly IReadOnlyList<(string Database, string What, string Sql)> Work =
    [
        ("verification", "sessions have no end", "select id from verifications where ended_at is null"),
        ("verification", "sessions wait for something (deadlines)", "select verification_id from deadlines"),
        ("verification", "messages have not left the outbox", "select message_id from outbox"),
        ("number_pool", "leases run", "select lease_id from answers where lease_id is not null and outcome is null"),
        ("dialer", "calls go on or are not reported",
            "select attempt_id from attempts where ended_at is null or report_due_at is not null"),
        ("gateway", "webhook deliveries are pending", "select id from deliveries where status = 'pending'"),
    ];

    private static readonly IReadOnlyList<string> QueueNames =
        [Queues.Verification, Queues.Fraud, Queues.NumberPool, Queues.Dialer, Queues.Gateway];

    private async Task<IReadOnlyList<SessionStream>> StreamsAsync(TimeSpan lifetime, CancellationToken cancellationToken)
    {
        var statuses = (await ReadAsync(
            "verification", "select id, status from verifications",
            row => (Id: row.GetGuid(0), Status: row.GetString(1)), cancellationToken))
            .ToDictionary(row => row.Id, row => row.Status);
        // A step whose transaction failed leaves a tombstone in a stream of its own: Marten's mark that a sequence number was not lost.
        var stored = await ReadAsync(
            "verification",
            "select stream_id, type, data, timestamp from mt_events where type <> 'tombstone' order by stream_id, version",
            row => (Id: row.GetGuid(0), Type: row.GetString(1), Data: row.GetString(2), At: row.GetFieldValue<DateTimeOffset>(3)),
            cancellationToken);
        return [.. stored.GroupBy(happened => happened.Id).Select(stream =>
        {
            var asked = JsonSerializer.Deserialize<JsonElement>(stream.First().Data);
            return new SessionStream
            {
                Id = stream.Key,
                Reference = TextOf(asked, "reference") ?? $"none of {stream.Key}",
                Callee = TextOf(asked, "to") ?? "",
                ExpiresAt = asked.GetProperty("at").GetDateTimeOffset() + lifetime,
                RowStatus = statuses.GetValueOrDefault(stream.Key),
                Events =
                [
                    .. stream.Select(one => EventOf(one.Type, one.At, JsonSerializer.Deserialize<JsonElement>(one.Data))),
                ],
            };
        })];
    }

    private static StreamEvent EventOf(string type, DateTimeOffset at, JsonElement data) => new()
    {
        Type = type,
        At = at,
        AttemptId = data.TryGetProperty("attemptId", out var attempt) ? attempt.GetGuid() : null,
        LeaseId = data.TryGetProperty("leaseId", out var lease) ? lease.GetGuid() : null,
        CallerId = TextOf(data, "callerId"),
        Matched = data.TryGetProperty("matched", out var matched) ? matched.GetBoolean() : null,
        Reason = TextOf(data, "reason"),
    };

    private static string? TextOf(JsonElement data, string field) => data.TryGetProperty(field, out var value) ? value.GetString() : null;

    private async Task<IReadOnlyList<DeadLetter>> DeadLettersAsync(CancellationToken cancellationToken)
    {
        var letters = new List<DeadLetter>();
        await using var connection = await ConnectAsync(cancellationToken);
        foreach (var queue in QueueNames.SelectMany(name => (string[])[$"{name}_error", $"{name}_skipped"]))
        {
            if (await CountAsync(connection, queue, cancellationToken) is null)
                continue;
            await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
            // Not acknowledged: they stay where they are.
            while (await channel.BasicGetAsync(queue, autoAck: false, cancellationToken) is { } letter)
                letters.Add(new DeadLetter(queue, $"{letter.BasicProperties.MessageId}", Header(letter) ?? "no reason in its headers"));
        }
        return letters;
    }

    private static string? Header(BasicGetResult letter)
    {
        string? Text(string name) => letter.BasicProperties.Headers?.TryGetValue(name, out var value) == true && value is byte[] text
            ? Encoding.UTF8.GetString(text)
            : null;
        return Text("MT-Fault-ExceptionType") is { } type
            ? $"{type} in {Text("MT-Fault-ConsumerType")}: {Text("MT-Fault-Message")}"
            : Text("MT-Reason");
    }

    private async Task<IConnection> ConnectAsync(CancellationToken cancellationToken) =>
        await new ConnectionFactory { Uri = platform.Servers.RabbitMq }.CreateConnectionAsync(cancellationToken);

    /// <summary>Messages that wait in a queue; null when there is no such queue.</summary>
    private static async Task<uint?> CountAsync(IConnection connection, string queue, CancellationToken cancellationToken)
    {
        // Of its own: asking for what is not there closes the channel.
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        try
        {
            return (await channel.QueueDeclarePassiveAsync(queue, cancellationToken)).MessageCount;
        }
        catch (OperationInterruptedException exception) when (exception.ShutdownReason?.ReplyCode == 404)
        {
            return null;
        }
    }

    private async Task<IReadOnlyList<T>> ReadAsync<T>(
        string database, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(platform.Database(database));
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
            rows.Add(read(reader));
        return rows;
    }
}
