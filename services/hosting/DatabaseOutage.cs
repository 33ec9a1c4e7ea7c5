using Npgsql;

namespace FlashCall.Hosting;

/// <summary>
/// That the database cannot do its part at the moment, and will again by itself or once an operator has made room: it is away, starts or
/// stops, has no connection left, or its disk is full. Told apart from what is wrong with a statement, which stays wrong.
/// </summary>
/// <param name="Cause">What it is, as an operator calls it: <c>disk_full</c>, <c>too_many_connections</c>.</param>
/// <param name="Remedy">Where to look.</param>
/// <param name="IsInDoubt">Whether the work may have been done all the same: the connection broke, and nobody knows whether before or after
/// a commit. Where the database itself refused, nothing was done.</param>
public sealed record DatabaseOutage(string Cause, string Remedy, bool IsInDoubt)
{
    private const string Server = "See FLASHCALL_POSTGRES and the server's own log.";

    /// <summary>The outage that an exception, or one within it, tells of.</summary>
    /// <returns>Null where it is something else.</returns>
    public static DatabaseOutage? Of(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is AggregateException { InnerExceptions: var several })
                return several.Select(Of).FirstOrDefault(found => found is not null);
            var found = exception switch
            {
                PostgresException refused => OfState(refused.SqlState),
                // The library has no exception of its own for a pool that is empty: it is a timeout without a connection.
                NpgsqlException { InnerException: TimeoutException } slow when slow.Message.Contains("pool", StringComparison.Ordinal) =>
                    new("pool_exhausted", "More requests want a connection than 'Maximum Pool Size' of FLASHCALL_POSTGRES allows.",
                        IsInDoubt: false),
                NpgsqlException { IsTransient: true } => new DatabaseOutage("not_reachable", Server, IsInDoubt: true),
                // On its way to a connection the library also has bare ones.
                TimeoutException { Source: nameof(Npgsql) } => new("not_reachable", Server, IsInDoubt: true),
                _ => null,
            };
            if (found is not null)
                return found;
        }
        return null;
    }

    /// <summary>By PostgreSQL's error code (its manual, appendix A).</summary>
    private static DatabaseOutage? OfState(string state) => state switch
    {
        PostgresErrorCodes.DiskFull => new("disk_full", "Make room on the database server's disk.", IsInDoubt: false),
        PostgresErrorCodes.TooManyConnections => new(
            "too_many_connections", "Raise max_connections of the server, or lower 'Maximum Pool Size' of FLASHCALL_POSTGRES.",
            IsInDoubt: false),
        PostgresErrorCodes.OutOfMemory => new("out_of_memory", Server, IsInDoubt: false),
        PostgresErrorCodes.InvalidCatalogName => new(
            "no_database", "The database is not there yet: run the service with 'prepare'.", IsInDoubt: false),
        // A standby that has not been promoted yet.
        PostgresErrorCodes.ReadOnlySqlTransaction => new("read_only", Server, IsInDoubt: false),
        PostgresErrorCodes.CannotConnectNow => new("starting_or_stopping", Server, IsInDoubt: false),
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or "57P05" =>
            new("starting_or_stopping", Server, IsInDoubt: true),
        PostgresErrorCodes.IoError or PostgresErrorCodes.SystemError => new("server_fault", Server, IsInDoubt: true),
        ['5', '3', ..] => new("out_of_resources", Server, IsInDoubt: false),
        ['0', '8', ..] => new("not_reachable", Server, IsInDoubt: true),
        _ => null,
    };
}
