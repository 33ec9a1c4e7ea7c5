using Npgsql;

namespace FlashCall.Verification.Tests.Subjects;

/// <summary>Looks for a text in a whole database.</summary>
internal static class NumberSearch
{
    /// <summary>The tables that have the text in any column, as <c>table</c>.</summary>
    public static async Task<IReadOnlyList<string>> PlacesOfAsync(this NpgsqlDataSource data, string text)
    {
        var places = new List<string>();
        foreach (var table in await ReadAsync(data, "select quote_ident(tablename) from pg_tables where schemaname = 'public'"))
        {
            if ((await ReadAsync(data, $"select 1::text from {table} r where r::text like '%' || $1 || '%' limit 1", text)).Count > 0)
                places.Add(table);
        }
        return places;
    }

    /// <summary>What an erasure that is under way still has of a number, and nothing else may.</summary>
    public static async Task<IReadOnlyList<string>> WithoutErasureAsync(this NpgsqlDataSource data, string digits) =>
        await data.PlacesOfAsync(digits) is ["erasures"] ? await ReadAsync(data, "select number from erasures") : await data.PlacesOfAsync(digits);

    private static async Task<List<string>> ReadAsync(NpgsqlDataSource data, string sql, string? parameter = null)
    {
        await using var command = data.CreateCommand(sql);
        if (parameter is not null)
            command.Parameters.Add(new() { Value = parameter });
        var found = new List<string>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            found.Add(reader.GetString(0));
        return found;
    }
}
