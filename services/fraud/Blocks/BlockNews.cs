using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Fraud.Storage;
using FlashCall.Hosting;
using MassTransit;
using Npgsql;
using RabbitMQ.Client.Exceptions;

namespace FlashCall.Fraud.Blocks;

/// <summary>
/// Publishes what happens to blocks: a block that was raised here at once, and every second whatever is due, be it the end of a block or what
/// another replica left behind. Each piece of news is locked by who publishes it, and deleted once the broker has it.
/// </summary>
internal sealed partial class BlockNews(NpgsqlDataSource data, Messenger messenger, TimeProvider time, ILogger<BlockNews> logger)
    : BackgroundService
{
    private const int BatchSize = 100;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private readonly SemaphoreSlim _awake = new(0, 1);

    /// <summary>Says that there is news.</summary>
    public void Wake()
    {
        try
        {
            _awake.Release();
        }
        catch (SemaphoreFullException)
        {
            // Awake already; the news that is there by now is found then.
        }
    }

    /// <summary>Publishes what is due.</summary>
    /// <returns>How much of it; less than a full batch when nothing is left.</returns>
    public async Task<int> PublishDueAsync(CancellationToken cancellationToken)
    {
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var take = new NpgsqlCommand("""
            delete from block_news where (block_id, what) in (
                select block_id, what from block_news where due_at <= $1 order by due_at, what limit $2 for update skip locked)
            returning block_id, what, event::text
            """, connection)
        {
            Parameters = { Parameters.Time(time.GetUtcNow()), Parameters.Integer(BatchSize) },
        };
        var due = new List<(Guid Block, short What, object Event)>();
        await using (var reader = await take.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
                due.Add((reader.GetGuid(0), reader.GetInt16(1), EventOf(reader.GetInt16(1), reader.GetString(2))));
        }
        foreach (var (block, what, happened) in due.OrderBy(one => one.What))
            await messenger.PublishAsync(happened, MessageId.Derive(block, what == 1 ? "raised" : "lifted"), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return due.Count;
    }

    public override void Dispose()
    {
        base.Dispose();
        _awake.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (await PublishDueAsync(stoppingToken) == BatchSize)
                    stoppingToken.ThrowIfCancellationRequested();
            }
            // What is not published now is in a second; the health of database and broker is shown by /health/ready.
            catch (Exception exception) when (
                exception is NpgsqlException or TimeoutException or RabbitMQClientException or MassTransitException)
            {
                LogPutOff(exception);
            }
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            var look = Task.Delay(LookEvery, time, timeout.Token);
            var awake = _awake.WaitAsync(timeout.Token);
            await Task.WhenAny(look, awake);
            await timeout.CancelAsync();
            stoppingToken.ThrowIfCancellationRequested();
        }
    }

    private static object EventOf(short what, string json) => what switch
    {
        1 => JsonSerializer.Deserialize<FraudBlockRaised>(json, Parameters.StoredForm)!,
        2 => JsonSerializer.Deserialize<FraudBlockLifted>(json, Parameters.StoredForm)!,
        _ => throw new InvalidOperationException($"Unknown news {what} of a block; a later release wrote it."),
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "News of blocks could not be published; trying again in a second")]
    private partial void LogPutOff(Exception exception);
}
