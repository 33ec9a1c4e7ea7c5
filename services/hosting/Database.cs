using System.Diagnostics;
using System.Reflection;
using DbUp;
using DbUp.Builder;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace FlashCall.Hosting;

/// <summary>One database a service, on the PostgreSQL server that <c>FLASHCALL_POSTGRES</c> names.</summary>
public static class Database
{
    /// <summary>
    /// Adds the service's <see cref="NpgsqlDataSource"/>, its health check and the preparation that creates the database and runs the
    /// SQL scripts embedded in <paramref name="scripts"/> under <c>Schema/</c>, in the order of their names, each once.
    /// </summary>
    /// <param name="builder">The service.</param>
    /// <param name="name">The database's name after the prefix: <c>fraud</c> for <c>flashcall_fraud</c>.</param>
    /// <param name="scripts">The assembly with the scripts, or null where a library keeps the schema (Marten).</param>
    /// <param name="isVital">False for a service that goes on without its database: it is then degraded while the database is away, and
    /// not unready.</param>
    /// <exception cref="SettingsException">The connection string is missing or malformed.</exception>
    public static void AddDatabase(this WebApplicationBuilder builder, string name, Assembly? scripts = null, bool isVital = true)
    {
        var connection = ConnectionString(builder.Configuration, name);
        // Its figures would go by the connection string.
        var data = new NpgsqlDataSourceBuilder(connection) { Name = name };
        // A query without a parent is a poll or a health check; a trace of its own would bury the verifications.
        data.ConfigureTracing(tracing => tracing.ConfigureCommandFilter(_ => Activity.Current is not null));
        builder.Services.AddSingleton(_ => data.Build());
        builder.Services.AddSingleton(new NeededSchema(scripts));
        builder.Services.AddHealthChecks().AddCheck<PostgresHealth>(
            "postgres", isVital ? HealthStatus.Unhealthy : HealthStatus.Degraded, tags: ["ready"]);
        builder.Services.AddSingleton<IPreparation>(services =>
            new SchemaPreparation(connection, scripts, services.GetRequiredService<ILoggerFactory>().CreateLogger<SchemaPreparation>()));
    }

    /// <summary>A pool of its own to one of the platform's databases, for work that may take long: it has so many connections and no more,
    /// and the traffic's stay free.</summary>
    /// <param name="configuration">The settings.</param>
    /// <param name="name">The database's name after the prefix, as with <see cref="AddDatabase"/>.</param>
    /// <param name="use">What for; PostgreSQL shows it in the application's name.</param>
    /// <param name="connections">Connections at most.</param>
    /// <exception cref="SettingsException">The connection string is missing or malformed.</exception>
    public static NpgsqlDataSource Beside(IConfiguration configuration, string name, string use, int connections)
    {
        var connection = new NpgsqlConnectionStringBuilder(ConnectionString(configuration, name)) { MaxPoolSize = connections };
        connection.ApplicationName += $"-{use}";
        return new NpgsqlDataSourceBuilder(connection.ConnectionString).Build();
    }

    /// <summary>The connection string of one of the platform's databases.</summary>
    /// <exception cref="SettingsException">The setting is missing or malformed.</exception>
    internal static string ConnectionString(IConfiguration configuration, string name)
    {
        if (configuration["Postgres"] is not { Length: > 0 } server)
        {
            throw new SettingsException(
                "FLASHCALL_POSTGRES",
                "is missing. Give the server's connection string, such as Host=127.0.0.1;Port=5432;Username=flashcall;Password=….");
        }
        try
        {
            var connection = new NpgsqlConnectionStringBuilder(server)
            {
                Database = (configuration["DatabasePrefix"] ?? "flashcall_") + name,
                ApplicationName = $"flashcall-{name}",
            };
            // What the operator gave stays as it is.
            void Default(string keyword, object value)
            {
                // ContainsKey is true of every keyword there is; the keys are those that were given.
                if (!connection.Keys.OfType<string>().Contains(keyword, StringComparer.OrdinalIgnoreCase))
                    connection[keyword] = value;
            }
            Default("Maximum Pool Size", 20);
            // For a connection, a free one of the pool included: a client is told sooner than it would give up.
            Default("Timeout", 5);
            // A handful of statements make up all the traffic: they are planned once a connection. Resetting a connection each time it
            // goes back to the pool would throw the plans away, those inside Marten's functions too; no service leaves anything to reset.
            Default("Max Auto Prepare", 64);
            Default("Auto Prepare Min Usages", 2);
            Default("No Reset On Close", true);
            return connection.ConnectionString;
        }
        catch (ArgumentException exception)
        {
            // The library's message names the keyword, never its value.
            throw new SettingsException(
                "FLASHCALL_POSTGRES", $"is not a connection string: {exception.Message} Expected Host=…;Port=…;Username=…;Password=….");
        }
    }

    private sealed class PostgresHealth(NpgsqlDataSource data, OutageLog outages, NeededSchema schema) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                await using var command = data.CreateCommand("select 1");
                await command.ExecuteScalarAsync(cancellationToken);
                if (await schema.MissingAsync(data, cancellationToken) is { } missing)
                {
                    return new HealthCheckResult(
                        context.Registration.FailureStatus, $"{missing} has not run yet: run the service with 'prepare'.");
                }
                // It answers, and may have no room to write all the same.
                return outages.Current is { } outage
                    ? HealthCheckResult.Degraded($"Requests meet {outage.Cause}. {outage.Remedy}")
                    : HealthCheckResult.Healthy();
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                var remedy = DatabaseOutage.Of(exception) is { } outage ? $"{outage.Cause}. {outage.Remedy}" : "See FLASHCALL_POSTGRES.";
                return new HealthCheckResult(
                    context.Registration.FailureStatus, $"PostgreSQL does not answer: {remedy}", exception);
            }
        }
    }
}

/// <summary>Creates the database if it is missing and runs the scripts it has not seen, one process at a time.</summary>
internal sealed partial class SchemaPreparation(string connectionString, Assembly? scripts, ILogger logger) : IPreparation
{
    /// <summary>The advisory lock that lets one process at a time prepare; any constant that nothing else on the server uses.</summary>
    private const long PreparationLock = 0x464C_4153_4843_414C;

    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        // Waiting for another process's preparation, and an index on a large table, take as long as they take.
        var target = new NpgsqlConnectionStringBuilder(connectionString) { CommandTimeout = 0, Timeout = 30 };
        try
        {
            // Locks are per database: the lock for creating databases is held in the one that always exists.
            var server = new NpgsqlConnectionStringBuilder(target.ConnectionString) { Database = "postgres", Pooling = false };
            await using var connection = new NpgsqlConnection(server.ConnectionString);
            await connection.OpenAsync(cancellationToken);
            await ExecuteAsync(connection, $"select pg_advisory_lock({PreparationLock})", cancellationToken);

            await using var exists = new NpgsqlCommand("select 1 from pg_database where datname = $1", connection)
            {
                Parameters = { new() { Value = target.Database! } },
            };
            if (await exists.ExecuteScalarAsync(cancellationToken) is null)
            {
                var quoted = $"\"{target.Database!.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
                await ExecuteAsync(connection, $"create database {quoted}", cancellationToken);
                LogCreated(target.Database);
            }
            if (scripts is not null)
                Upgrade(target.ConnectionString, scripts);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            throw new PreparationException(
                $"Cannot prepare the database {target.Database} on {target.Host}:{target.Port}: {exception.Message}", exception);
        }
    }

    /// <summary>The ending of a script of one statement that PostgreSQL runs outside a transaction only:
    /// <c>create index concurrently</c>.</summary>
    private const string OutsideTransaction = ".concurrently.sql";

    private void Upgrade(string connection, Assembly assembly)
    {
        var missing = Engine(IsSchemaScript).WithTransactionPerScript().Build().GetScriptsToExecute();
        foreach (var name in missing.Select(script => script.Name))
        {
            var one = Engine(script => script == name);
            one = name.EndsWith(OutsideTransaction, StringComparison.Ordinal) ? one.WithoutTransaction() : one.WithTransaction();
            var result = one.Build().PerformUpgrade();
            if (!result.Successful)
                throw new PreparationException($"Schema script {name} failed: {result.Error.Message}", result.Error);
            LogApplied(name);
        }

        UpgradeEngineBuilder Engine(Func<string, bool> which) =>
            DeployChanges.To.PostgresqlDatabase(connection).WithScriptsEmbeddedInAssembly(assembly, which).LogToNowhere();
    }

    internal static bool IsSchemaScript(string name) => name.Contains(".Schema.", StringComparison.Ordinal);

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Created database {Database}")]
    private partial void LogCreated(string database);

    [LoggerMessage(Level = LogLevel.Information, Message = "Applied {Script}")]
    private partial void LogApplied(string script);
}
