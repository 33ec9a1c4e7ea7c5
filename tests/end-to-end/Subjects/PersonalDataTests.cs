using System.Text.RegularExpressions;
using FlashCall.EndToEnd.Tests.Running;
using Xunit;

namespace FlashCall.EndToEnd.Tests.Subjects;

/// <summary>Where personal data lies is written down, and nowhere else does it lie.</summary>
[Collection(Platform.OneAtATime)]
public sealed partial class PersonalDataTests(Platform platform)
{
    private static readonly string Documented = Path.Combine(Running.Program.Root, "docs", "operations.md");
    private static readonly string Others = Path.Combine(Running.Program.Root, "tests", "end-to-end", "Subjects", "columns-without-persons.txt");

    [Fact]
    public async Task Every_column_that_may_hold_a_persons_data_is_documented_or_known_to_hold_none()
    {
        var all = await Databases.ColumnsAsync(platform);
        var columns = all.Where(column => column.MayHoldText).Select(column => column.ToString()).Distinct(StringComparer.Ordinal).ToList();
        var persons = ColumnsOf(await File.ReadAllTextAsync(Documented));
        var others = (await File.ReadAllLinesAsync(Others)).Where(line => line.Length > 0 && line[0] != '#').ToList();

        var unknown = columns.Except(persons, StringComparer.Ordinal).Except(others, StringComparer.Ordinal).ToList();
        Assert.True(unknown.Count == 0,
            "New columns. Does one hold a number, or what a client said of a person? Then add it to the table 'Personal data' of "
            + $"docs/operations.md, and erase it (SubjectData of its service). Else to {Path.GetFileName(Others)}:\n{string.Join('\n', unknown)}");
        Assert.Empty(persons.Concat(others).Except(all.Select(column => column.ToString()), StringComparer.Ordinal));
        Assert.Empty(persons.Intersect(others, StringComparer.Ordinal));
    }

    /// <summary>The columns that the section names.</summary>
    private static List<string> ColumnsOf(string page)
    {
        var section = page[page.IndexOf("\n## Personal data\n", StringComparison.Ordinal)..];
        var end = section.IndexOf("\n## ", 2, StringComparison.Ordinal);
        return [.. Name().Matches(end < 0 ? section : section[..end]).Select(match => match.Groups[1].Value).Distinct(StringComparer.Ordinal)];
    }

    [GeneratedRegex(@"`((?:verification|fraud|number_pool|dialer|gateway)\.\w+\.\w+)`")]
    private static partial Regex Name();
}
