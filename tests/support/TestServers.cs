namespace FlashCall.Testing;

/// <summary>PostgreSQL and RabbitMQ for tests.</summary>
public sealed class TestServers : IAsyncDisposable
{
    private TestServers(string postgres, string rabbitMq) => (Postgres, RabbitMq) = (postgres, rabbitMq);

    /// <summary>The PostgreSQL server's connection string, without a database.</summary>
    public string Postgres { get; }

    /// <summary>The broker's address.</summary>
    public string RabbitMq { get; }

    /// <summary>Finds or starts the servers.</summary>
    public static Task<TestServers> StartAsync() => Task.FromResult(new TestServers(
        Environment.GetEnvironmentVariable("FLASHCALL_POSTGRES") ?? throw new InvalidOperationException("Set FLASHCALL_POSTGRES."),
        Environment.GetEnvironmentVariable("FLASHCALL_RABBITMQ") ?? throw new InvalidOperationException("Set FLASHCALL_RABBITMQ.")));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
