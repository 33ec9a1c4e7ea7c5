using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.Verification.Sessions;
using Marten;
using Npgsql;

namespace FlashCall.Verification.Storage;

/// <summary>
/// Messages that leave after a commit, and leave for certain: rows written with the events, sent at once by the process that committed
/// them, deleted in batches when the broker has confirmed. What a dead process or a silent broker left behind, any replica sends.
/// MassTransit has no outbox for Marten; <c>docs/decisions</c> says why this one.
/// </summary>
internal sealed partial class Outbox(
    NpgsqlDataSource data, Messenger messenger, OutageLog outages, TimeProvider time, ILogger<Outbox> logger) : BackgroundService
{
    private const int Batch = 200;
    private const int DeletedAtOnce = 1000;

    /// <summary>A message still here after this time is taken for left behind. Longer than a send may take, so that it is not sent twice
    /// for nothing.</summary>
    private static readonly TimeSpan LeftBehindAfter = TimeSpan.FromSeconds(6);

    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How long rows of sent messages may gather before they are deleted: one transaction for many, and far below
    /// <see cref="LeftBehindAfter"/>.</summary>
    private static readonly TimeSpan GatherFor = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan Sweep = TimeSpan.FromSeconds(1);

    /// <summary>The messages a session can call for, by the name under which the row keeps them.</summary>
    private static readonly Dictionary<string, Type> Types = new[]
    {
        typeof(AssessRisk), typeof(LeaseCallerId), typeof(ReleaseCallerId), typeof(PlaceFlashCall), typeof(HangUp),
        typeof(VerificationCompleted), typeof(VerificationCallEnded),
    }.ToDictionary(type => type.FullName!, StringComparer.Ordinal);

    private readonly Channel<Guid> _sent =
        System.Threading.Channels.Channel.CreateUnbounded<Guid>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>Writes the messages in the transaction of the sessions' steps.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="steps">The steps.</param>
    /// <param name="now">The time (UTC).</param>
    public static void Enlist(IDocumentSession session, IReadOnlyList<SessionStep> steps, DateTimeOffset now)
    {
        var rows = steps.SelectMany(static step => step.Messages, static (step, message) => (Step: step, Message: message)).ToList();
        if (rows.Count == 0)
            return;
        // One statement for all: the parameters are columns.
        session.QueueSqlCommand(
            """
            insert into outbox (message_id, verification_id, queue, type, body, traceparent, due_at)
            select message_id, verification_id, queue, type, body::jsonb, traceparent, ?
            from unnest(?::uuid[], ?::uuid[], ?::text[], ?::text[], ?::text[], ?::text[])
                as enlisted (message_id, verification_id, queue, type, body, traceparent)
            on conflict do nothing
            """,
            now + LeftBehindAfter,
            rows.Select(static row => row.Message.Id).ToArray(),
            rows.Select(static row => row.Step.Id).ToArray(),
            rows.Select(static row => row.Message.Queue).ToArray(),
            rows.Select(static row => row.Message.Body.GetType().FullName).ToArray(),
            rows.Select(static row => JsonSerializer.Serialize(row.Message.Body, row.Message.Body.GetType())).ToArray(),
            rows.Select(static row => row.Step.Trace?.Id).ToArray());
    }

    /// <summary>Sends the messages of a step that has committed. Returns at once: the rows answer for their arrival.</summary>
    public void Dispatch(IEnumerable<OutgoingMessage> messages)
    {
        foreach (var message in messages)
            _ = SendAsync(message);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(DeleteSentAsync(stoppingToken), SweepAsync(stoppingToken));

    /// <returns>Null when the broker has it, else why it has not.</returns>
    private async Task<Exception?> SendAsync(OutgoingMessage message)
    {
        using var timeout = new CancellationTokenSource(SendTimeout, time);
        try
        {
            await (message.Queue is { } queue
                ? messenger.SendAsync(queue, message.Body, message.Id, timeout.Token)
                : messenger.PublishAsync(message.Body, message.Id, timeout.Token));
            _sent.Writer.TryWrite(message.Id);
            return null;
        }
        // Whatever went wrong, the row is still there, and the sweep tries again, which says so for many at once.
        catch (Exception exception)
        {
            LogNotSent(exception, message.Id);
            return exception;
        }
    }

    private async Task DeleteSentAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await _sent.Reader.WaitToReadAsync(stoppingToken))
            {
                await Task.Delay(GatherFor, time, stoppingToken);
                await DeleteBatchAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What was sent already, the next process need not send again. How long it may take, the stop of the host says.
            await DeleteBatchAsync(CancellationToken.None);
        }
    }

    private async Task DeleteBatchAsync(CancellationToken cancellationToken)
    {
        var batch = new List<Guid>();
        while (batch.Count < DeletedAtOnce && _sent.Reader.TryRead(out var id))
            batch.Add(id);
        if (batch.Count == 0)
            return;
        try
        {
            await using var delete = data.CreateCommand("delete from outbox where message_id = any($1)");
            delete.Parameters.Add(new() { Value = batch.ToArray() });
            await delete.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            // They are sent once more by the sweep; receivers know a repeat.
            if (!outages.Waits(exception, "The outbox"))
                LogFailed(exception);
        }
    }

    private async Task SweepAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Sweep, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                while (await SendLeftBehindAsync(stoppingToken))
                {
                }
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                if (!outages.Waits(exception, "The outbox"))
                    LogFailed(exception);
            }
        }
    }

    /// <returns>Whether more may wait, and there is somebody to take it: while the broker is away, the next batch can wait for the next
    /// sweep.</returns>
    private async Task<bool> SendLeftBehindAsync(CancellationToken cancellationToken)
    {
        var left = new List<(OutgoingMessage Message, string? TraceParent)>();
        var now = time.GetUtcNow();
        await using (var claim = data.CreateCommand(
            """
            update outbox set due_at = $2
            where message_id in (select message_id from outbox where due_at <= $1 order by due_at limit $3 for update skip locked)
            returning message_id, queue, type, body, traceparent
            """))
        {
            claim.Parameters.Add(new() { Value = now });
            claim.Parameters.Add(new() { Value = now + LeftBehindAfter });
            claim.Parameters.Add(new() { Value = Batch });
            await using var reader = await claim.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                if (!Types.TryGetValue(reader.GetString(2), out var type))
                {
                    // Written by a newer version beside this one, which will send it.
                    LogUnknown(reader.GetString(2));
                    continue;
                }
                var body = JsonSerializer.Deserialize(reader.GetString(3), type)!;
                left.Add((
                    new OutgoingMessage(
                        reader.GetGuid(0), await reader.IsDBNullAsync(1, cancellationToken) ? null : reader.GetString(1), body),
                    await reader.IsDBNullAsync(4, cancellationToken) ? null : reader.GetString(4)));
            }
        }
        if (left.Count > 0)
            LogLeftBehind(left.Count);
        var failures = (await Task.WhenAll(left.Select(async row =>
        {
            using var activity = Telemetry.Source.StartActivity("outbox resend", ActivityKind.Internal, row.TraceParent);
            return await SendAsync(row.Message);
        }))).OfType<Exception>().ToArray();
        if (failures is [var failure, ..])
            LogStillLeft(failures.Length, failure.GetType().Name, failure.Message);
        return left.Count == Batch && failures.Length < Batch;
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Message {MessageId} could not be sent now; it is sent again in a few seconds")]
    private partial void LogNotSent(Exception exception, Guid messageId);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "{Count} messages could not be sent ({Error}: {Detail}); they stay in the outbox and are sent again in a few seconds")]
    private partial void LogStillLeft(int count, string error, string detail);

    [LoggerMessage(Level = LogLevel.Information, Message = "Sending {Count} messages that were left behind")]
    private partial void LogLeftBehind(int count);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "The outbox holds a message of the unknown type {Type}; a newer replica has to send it")]
    private partial void LogUnknown(string type);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The outbox could not be looked through; it is tried again")]
    private partial void LogFailed(Exception exception);
}
