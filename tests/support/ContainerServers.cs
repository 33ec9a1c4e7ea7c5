using DotNet.Testcontainers.Configurations;
using Microsoft.Extensions.Logging.Abstractions;
using Testcontainers.PostgreSql;
using Testcontainers.RabbitMq;

namespace FlashCall.Testing;

/// <summary>PostgreSQL and RabbitMQ in containers.</summary>
internal static class ContainerServers
{
    private const string PostgresImage = "postgres:17";
    private const string RabbitMqImage = "rabbitmq:4-management";
    private const string ReaperImage = "testcontainers/ryuk:";

    /// <summary>The API version that the client library asks for by itself; an engine before Docker 25 refuses it.</summary>
    private static readonly Version ClientVersion = new(1, 44);

    /// <summary>Long enough to pull both images over a slow line.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    public static async Task<TestServers> StartAsync(DockerEngine engine, CancellationToken cancellationToken)
    {
        // Read by the library when it is first used.
        if (engine.ApiVersion < ClientVersion && Environment.GetEnvironmentVariable("DOCKER_API_VERSION") is null)
            Environment.SetEnvironmentVariable("DOCKER_API_VERSION", engine.ApiVersion.ToString());

        var missing = new[] { PostgresImage, RabbitMqImage }.Where(image => !engine.Images.Contains(image)).ToList();
        // The reaper removes the containers of a killed run. Where it would have to be pulled though nothing else is, do without it.
        if (missing.Count == 0 && !engine.Images.Any(image => image.StartsWith(ReaperImage, StringComparison.Ordinal)))
            TestcontainersSettings.ResourceReaperEnabled = false;
        if (missing.Count > 0)
            await Console.Error.WriteLineAsync($"Pulling {string.Join(" and ", missing)}");

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Patience);
        var postgres = new PostgreSqlBuilder(PostgresImage)
            .WithLogger(NullLogger.Instance).WithUsername("flashcall").WithPassword(Guid.NewGuid().ToString("N"))
            .WithCommand("-c", "max_connections=300", "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
            .Build();
        var rabbitMq = new RabbitMqBuilder(RabbitMqImage).WithLogger(NullLogger.Instance).WithUsername("flashcall").WithPassword(Guid.NewGuid().ToString("N"))
            .Build();
        try
        {
            await Task.WhenAll(postgres.StartAsync(timeout.Token), rabbitMq.StartAsync(timeout.Token));
        }
        catch (Exception exception)
        {
            await StopAsync();
            if (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested)
                throw new TimeoutException($"the containers did not start within {Patience.TotalMinutes:0} minutes", exception);
            throw;
        }
        var server = new Npgsql.NpgsqlConnectionStringBuilder(postgres.GetConnectionString());
        server.Remove("Database");
        return new TestServers("containers", server.ConnectionString, rabbitMq.GetConnectionString(), StopAsync);

        async ValueTask StopAsync()
        {
            await postgres.DisposeAsync();
            await rabbitMq.DisposeAsync();
        }
    }
}
