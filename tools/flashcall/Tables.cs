using System.Globalization;
using Spectre.Console;

namespace FlashCall.Cli;

/// <summary>How what the API says is written for people.</summary>
internal static class Tables
{
    /// <summary>A table with these columns; a leading <c>&gt;</c> puts figures to the right.</summary>
    public static Table Of(params string[] columns)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var column in columns)
        {
            var right = column.StartsWith('>');
            table.AddColumn(new TableColumn(new Text(right ? column[1..] : column)) { Alignment = right ? Justify.Right : Justify.Left });
        }
        return table;
    }

    /// <summary>Adds a row of plain text: what operators and carriers wrote is no markup.</summary>
    public static void Add(this Table table, params string?[] cells) => table.AddRow(cells.Select(cell => new Text(cell ?? "")));

    /// <summary>Writes a table, with a title, unless it is empty.</summary>
    public static void Write(IAnsiConsole console, string? title, Table table)
    {
        if (table.Rows.Count == 0)
            return;
        if (title is not null)
            console.WriteLine(title);
        console.Write(table);
    }

    public static string Span(string first, string last) => first == last ? first : $"{first} to {last}";

    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    public static string Bits(double? bits) => bits?.ToString("0.0", CultureInfo.InvariantCulture) ?? "";

    public static string Time(DateTimeOffset? time) =>
        time is { } known ? known.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture) : "";

    /// <summary>A state as people call it, with its end.</summary>
    public static string State(string state, DateTimeOffset? until) =>
        state == "resting" && until is not null ? $"resting until {Time(until)}" : state.Replace('_', ' ');
}
