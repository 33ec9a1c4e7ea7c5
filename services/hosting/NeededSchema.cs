using System.Reflection;
using Npgsql;

namespace FlashCall.Hosting;

/// <summary>The scripts that this release needs to have run: before, its statements would fail. Once they have, they have for good; what
/// a later release adds to them is no matter.</summary>
/// <param name="scripts">The assembly with the scripts, or null where there are none.</param>
internal sealed class NeededSchema(Assembly? scripts)
{
    private const string MissingSql = "select name from unnest($1) name where name not in (select scriptname from schemaversions) limit 1";

    private readonly string[] _needed =
        [.. (scripts?.GetManifestResourceNames() ?? []).Where(SchemaPreparation.IsSchemaScript).Order(StringComparer.Ordinal)];

    private volatile bool _isThere;

    /// <summary>Looks which of them has not run.</summary>
    /// <returns>The name of one; null when all have.</returns>
    public async Task<string?> MissingAsync(NpgsqlDataSource data, CancellationToken cancellationToken)
    {
        if (_isThere || _needed.Length == 0)
            return null;
        try
        {
            await using var find = data.CreateCommand(MissingSql);
            find.Parameters.Add(new() { Value = _needed });
            var missing = (string?)await find.ExecuteScalarAsync(cancellationToken);
            _isThere = missing is null;
            return missing;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return _needed[0];
        }
    }
}
