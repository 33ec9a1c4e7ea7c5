using System.Globalization;
using DuckDB.NET.Data;

namespace FlashCall.Cli.Tests;

/// <summary>Reads files as somebody would who knows nothing of who wrote them.</summary>
internal static class DuckDb
{
    /// <summary>The rows of a query, the values with a space between them.</summary>
    public static async Task<IReadOnlyList<string>> ReadAsync(string sql)
    {
        await using var connection = new DuckDBConnection("DataSource=:memory:");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"set threads = 1; set TimeZone = 'UTC'; {sql}";
        await using var row = await command.ExecuteReaderAsync();
        while (row.FieldCount == 0 || row.GetName(0) == "Success")
        {
            if (!await row.NextResultAsync())
                break;
        }
        var rows = new List<string>();
        while (await row.ReadAsync())
        {
            var values = new object[row.FieldCount];
            row.GetValues(values);
            rows.Add(string.Join(' ', values.Select(value => value switch
            {
                DBNull => "-",
                DateTime time => time.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture),
                _ => Convert.ToString(value, CultureInfo.InvariantCulture),
            })));
        }
        return rows;
    }

    /// <summary>The columns of a file with their types, each as <c>name TYPE</c>.</summary>
    public static Task<IReadOnlyList<string>> ColumnsAsync(string file) =>
        ReadAsync($"select column_name, column_type from (describe select * from '{file}')");
}
