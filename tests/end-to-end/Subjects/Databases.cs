using FlashCall.EndToEnd.Tests.Running;
using Npgsql;

namespace FlashCall.EndToEnd.Tests.Subjects;

/// <summary>All that the services keep, column by column.</summary>
internal static class Databases
{
    private static readonly string[] Names = ["verification", "fraud", "number_pool", "dialer", "gateway"];

    /// <summary>The columns that may hold a person's data, whatever their type is; ids, times and truth values may not.</summary>
    public static async Task<IReadOnlyList<Column>> ColumnsAsync(Platform platform)
    {
        var columns = new List<Column>();
        foreach (var database in Names)
        {
            await using var data = NpgsqlDataSource.Create(platform.Database(database));
            foreach (var (table, name, type) in await RowsAsync(data,
                """
                select c.relname, a.attname, format_type(a.atttypid, null) from pg_class c join pg_attribute a on a.attrelid = c.oid
                where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'm') and not c.relispartition
                    and a.attnum > 0 and not a.attisdropped
                order by 1, a.attnum
                """))
            {
                columns.Add(new Column(database, table, name, type));
            }
        }
        return columns;
    }

    /// <summary>The columns in which a text stands, in whatever form they keep it.</summary>
    public static async Task<IReadOnlyList<string>> PlacesOfAsync(Platform platform, string text)
    {
        var places = new List<string>();
        foreach (var database in (await ColumnsAsync(platform)).GroupBy(column => column.Database, StringComparer.Ordinal))
        {
            await using var data = NpgsqlDataSource.Create(platform.Database(database.Key));
            foreach (var table in database.GroupBy(column => column.Table, StringComparer.Ordinal).Select(table => table.ToList()))
            {
                await using var find = data.CreateCommand(
                    $"select {string.Join(", ", table.Select(column => $"bool_or({column.AsText} like '%' || $1 || '%')"))} from \"{table[0].Table}\"");
                find.Parameters.Add(new() { Value = text });
                await using var row = await find.ExecuteReaderAsync();
                await row.ReadAsync();
                // Null where there are no rows.
                places.AddRange(table.Where((_, i) => row.GetValue(i) is true).Select(column => column.ToString()));
            }
        }
        return places;
    }

    private static async Task<List<(string, string, string)>> RowsAsync(NpgsqlDataSource data, string sql)
    {
        var rows = new List<(string, string, string)>();
        await using var command = data.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            rows.Add((reader.GetString(0), reader.GetString(1), reader.GetString(2)));
        return rows;
    }

    /// <summary>A column.</summary>
    internal sealed record Column(string Database, string Table, string Name, string Type)
    {
        /// <summary>Whether the type has room for what a person is known by.</summary>
        public bool MayHoldText => Type.TrimEnd('[', ']') is "text" or "character varying" or "jsonb" or "json" or "bytea" or "inet" or "cidr";

        /// <summary>Its value in SQL; bytes as the text that they may be.</summary>
        public string AsText => Type == "bytea" ? $"encode(\"{Name}\", 'escape')" : $"\"{Name}\"::text";

        /// <summary>Of tables that are made anew beside the old ones, the name without the number.</summary>
        public override string ToString() => $"{Database}.{Table.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9')}.{Name}";
    }
}
