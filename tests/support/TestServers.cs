namespace FlashCall.Testing;

/// <summary>
/// Real PostgreSQL and RabbitMQ for tests, with nothing set up beforehand: those that <c>FLASHCALL_POSTGRES</c> and
/// <c>FLASHCALL_RABBITMQ</c> name; else containers, if a Docker engine answers and has or can pull the images; else the native servers of
/// <c>deploy/local</c>. <c>FLASHCALL_TEST_SERVERS</c> (<c>docker</c> or <c>native</c>) takes the choice away.
/// </summary>
public sealed class TestServers : IAsyncDisposable
{
    /// <summary>The variable with the PostgreSQL server's connection string.</summary>
    public const string PostgresVariable = "FLASHCALL_POSTGRES";

    /// <summary>The variable with the broker's address.</summary>
    public const string RabbitMqVariable = "FLASHCALL_RABBITMQ";

    private const string ChoiceVariable = "FLASHCALL_TEST_SERVERS";
    private readonly Func<ValueTask> _stop;

    internal TestServers(string description, string postgres, string rabbitMq, Func<ValueTask> stop) =>
        (Description, Postgres, RabbitMq, _stop) = (description, postgres, rabbitMq, stop);

    /// <summary>Which servers these are, for a person.</summary>
    public string Description { get; }

    /// <summary>The PostgreSQL server's connection string, without a database.</summary>
    public string Postgres { get; }

    /// <summary>The broker's address: amqp://user:password@host:port/.</summary>
    public string RabbitMq { get; }

    /// <summary>Finds or starts the servers. Those it starts end with <see cref="DisposeAsync"/>; given ones stay.</summary>
    /// <exception cref="InvalidOperationException">No servers can be had; the message says what to do.</exception>
    public static async Task<TestServers> StartAsync(CancellationToken cancellationToken = default)
    {
        if (Given(Environment.GetEnvironmentVariable(PostgresVariable), Environment.GetEnvironmentVariable(RabbitMqVariable)) is { } given)
            return given;
        var choice = Environment.GetEnvironmentVariable(ChoiceVariable);
        if (choice is not (null or "" or "docker" or "native"))
            throw new InvalidOperationException($"{ChoiceVariable} is '{choice}'. It takes 'docker' or 'native'; without it, Docker is used if it answers.");

        if (choice is not "native" && await DockerEngine.FindAsync(Environment.GetEnvironmentVariable("DOCKER_HOST"), cancellationToken) is { } engine)
        {
            try
            {
                return await ContainerServers.StartAsync(engine, cancellationToken);
            }
            catch (Exception exception) when (choice is not "docker" && exception is not OperationCanceledException)
            {
                // Whatever Docker lacks (images, network, rights), the tests do not depend on it.
                await Console.Error.WriteLineAsync($"Docker answers but cannot run the servers ({FirstLine(exception)}); using the native ones.");
            }
        }
        else if (choice is "docker")
        {
            throw new InvalidOperationException($"{ChoiceVariable} is 'docker', but no Docker engine answers. Start it, or unset the variable.");
        }
        return await NativeServers.StartAsync(cancellationToken);
    }

    /// <summary>The servers that the environment names, or null if it names none.</summary>
    /// <exception cref="InvalidOperationException">It names one of the two.</exception>
    internal static TestServers? Given(string? postgres, string? rabbitMq) => (postgres, rabbitMq) switch
    {
        ({ Length: > 0 }, { Length: > 0 }) => new TestServers("given by the environment", postgres, rabbitMq, () => ValueTask.CompletedTask),
        ({ Length: > 0 }, _) => throw new InvalidOperationException($"{PostgresVariable} is set and {RabbitMqVariable} is not: set both, or neither."),
        (_, { Length: > 0 }) => throw new InvalidOperationException($"{RabbitMqVariable} is set and {PostgresVariable} is not: set both, or neither."),
        _ => null,
    };

    public ValueTask DisposeAsync() => _stop();

    private static string FirstLine(Exception exception) => exception.Message.Split('\n', 2)[0].Trim();
}
