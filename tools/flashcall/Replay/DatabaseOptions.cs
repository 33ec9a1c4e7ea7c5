using System.CommandLine;
using Npgsql;

namespace FlashCall.Cli.Replay;

/// <summary>The options that say where the event log is. Its address may have a password in it, so it comes from the environment or a file,
/// as the services have it, and never from a command line that others can see.</summary>
internal sealed class DatabaseOptions(Terminal terminal)
{
    private const string Variable = "FLASHCALL_ANALYTICS_DATABASE";
    private const string ServerVariable = "FLASHCALL_POSTGRES";
    private const string PrefixVariable = "FLASHCALL_DATABASEPREFIX";

    private readonly Option<string?> _file = new("--database-file")
    {
        Description = $"A file with the connection string of the verification service's database; by default the variable {Variable}, or "
            + $"{ServerVariable} as the services have it.",
    };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command) => command.Add(_file);

    /// <summary>The database, not asked yet whether it answers.</summary>
    /// <exception cref="CommandException">The connection string is missing or wrong.</exception>
    public NpgsqlDataSource Open(ParseResult parsed)
    {
        try
        {
            var connection = parsed.GetValue(_file) is { } file
                ? new NpgsqlConnectionStringBuilder(File.ReadAllText(file).Trim())
                : FromEnvironment();
            connection.ApplicationName = "flashcall replay";
            connection.CommandTimeout = 0;
            return NpgsqlDataSource.Create(connection);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"The file with the connection string cannot be read: {exception.Message}", exception);
        }
        catch (ArgumentException exception)
        {
            // The library's message names the keyword, never its value.
            throw new CommandException(
                $"The connection string is none: {exception.Message} Expected Host=…;Port=…;Database=…;Username=…;Password=….", exception);
        }
    }

    /// <summary>Runs work with the database, and says in a line what to do when it does not let us.</summary>
    public static async Task<T> WithAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedFunction)
        {
            throw new CommandException(
                $"The database has no event log or no funnel ({exception.MessageText}). Name that of the verification service, prepared by "
                + "this release.", exception);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new CommandException(
                $"The database's role may not do this ({exception.MessageText}). Give the connection string of the verification service's own "
                + "role.", exception);
        }
        catch (PostgresException exception)
        {
            throw new CommandException($"PostgreSQL refused: {exception.MessageText} ({exception.SqlState}).", exception);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            throw new CommandException($"PostgreSQL does not answer: {exception.Message} Correct {Variable} or --database-file.", exception);
        }
    }

    private NpgsqlConnectionStringBuilder FromEnvironment()
    {
        if (terminal.Environment(Variable) is { Length: > 0 } whole)
            return new NpgsqlConnectionStringBuilder(whole);
        if (terminal.Environment(ServerVariable) is { Length: > 0 } server)
        {
            var connection = new NpgsqlConnectionStringBuilder(server);
            connection.Database ??= (terminal.Environment(PrefixVariable) ?? "flashcall_") + "verification";
            return connection;
        }
        throw new CommandException(
            $"No database. Give its connection string by the variable {Variable} or by --database-file: "
            + "Host=…;Port=…;Database=flashcall_verification;Username=…;Password=….");
    }
}
