using System.Text.RegularExpressions;

namespace FlashCall.Architecture.Tests;

/// <summary>
/// A script that changes a database's schema, read for what would hurt the release before, which runs on while the script does and for as
/// long as replicas are replaced (<c>docs/decisions</c>, 0034). Of a table that the script itself makes, nothing can hurt.
/// </summary>
internal static partial class SchemaScript
{
    /// <summary>Stands before a statement that takes away what the release before no longer uses, with the reason after it.</summary>
    public const string ContractMark = "-- contract:";

    /// <summary>What the mark becomes, since no statement has it.</summary>
    private const string Contracts = "\u0001";

    /// <summary>The ending of a script of one statement that runs outside a transaction.</summary>
    public const string OutsideTransaction = ".concurrently.sql";

    /// <summary>What is wrong with a script.</summary>
    /// <param name="name">Its file's name.</param>
    /// <param name="sql">Its text.</param>
    public static IEnumerable<string> BreachesOf(string name, string sql)
    {
        var statements = StatementsOf(sql).ToList();
        var made = statements.Select(statement => CreateTable().Match(statement.Text))
            .Where(match => match.Success).Select(match => match.Groups["table"].Value).ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (name.EndsWith(OutsideTransaction, StringComparison.Ordinal) && statements.Count != 1)
            yield return $"{name}: runs outside a transaction, so it holds one statement, not {statements.Count}.";
        foreach (var (text, isContract) in statements)
        {
            if (Subject().Match(text) is { Success: true } subject && made.Contains(subject.Groups["table"].Value))
                continue;
            foreach (var rule in Rules.Where(rule => rule.Pattern.IsMatch(text) && !(rule.MayContract && isContract)))
                yield return $"{name}: {rule.Instead} In: {text[..Math.Min(text.Length, 100)]}";
        }
    }

    /// <summary>Without comments and the bodies of functions, which are statements of their own time.</summary>
    private static IEnumerable<(string Text, bool IsContract)> StatementsOf(string sql)
    {
        // Comments first: they have semicolons, and quotes of bodies, of their own.
        var bare = Comments().Replace(sql, comment =>
            comment.Value.StartsWith(ContractMark, StringComparison.Ordinal) ? Contracts : " ");
        foreach (var part in Bodies().Replace(bare, "''").Split(';'))
        {
            var text = Spaces().Replace(part.Replace(Contracts, " ", StringComparison.Ordinal), " ").Trim();
            if (text.Length > 0)
                yield return (text, part.Contains(Contracts, StringComparison.Ordinal));
        }
    }

    private sealed record Rule(Regex Pattern, string Instead, bool MayContract = false);

    private static readonly Rule[] Rules =
    [
        new(Renames(), "The release before knows the old name: add the new one beside it, and drop the old one a release later."),
        new(Drops(), $"The release before may still use it. Drop it a release after the last that does, under '{ContractMark} <since when "
            + "nobody uses it>'.", MayContract: true),
        new(ChangesType(), "The release before writes and reads the old type, and the table is locked while it is rewritten: add a column."),
        new(SetsNotNull(), "The release before may leave it out: let it be null until a later release.", MayContract: true),
        new(AddsNotNull(), "The release before leaves it out of its inserts: give a default, or let it be null."),
        new(AddsCheckedConstraint(), "It is checked over the whole table under a lock, and the release before may break it: add it 'not valid', "
            + "and validate it a release later.", MayContract: true),
        new(LocksForIndex(), $"It locks the table against writes: 'create index concurrently', alone in a script *{OutsideTransaction}."),
        new(UniqueIndex(), "The release before may break it: make it unique once nothing that runs does.", MayContract: true),
        new(Locks(), "It locks a table that the release before uses."),
    ];

    [GeneratedRegex(@"\$(?<tag>\w*)\$.*?\$\k<tag>\$", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Bodies();

    [GeneratedRegex(@"--[^\n]*", RegexOptions.None, 1000)]
    private static partial Regex Comments();

    [GeneratedRegex(@"\s+", RegexOptions.None, 1000)]
    private static partial Regex Spaces();

    [GeneratedRegex(
        @"^create (unlogged )?table (if not exists )?(?<table>\w+)",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CreateTable();

    [GeneratedRegex(
        @"^(alter table (only )?|create (unique )?index (concurrently )?(if not exists )?\w+ on )(?<table>\w+)",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Subject();

    [GeneratedRegex(@"^alter .*\brename\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Renames();

    [GeneratedRegex(
        @"^drop (?!index)|^alter table .*\bdrop (column )?(?!constraint|default|not null|expression|identity|column)\w",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Drops();

    [GeneratedRegex(@"\balter (column )?\w+ (set data )?type\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ChangesType();

    [GeneratedRegex(@"\bset not null\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SetsNotNull();

    [GeneratedRegex(
        @"^alter table .*\badd (column )?(?!constraint|check|unique|primary|foreign)(if not exists )?\w+ (?=[^,]*\bnot null\b)(?![^,]*\bdefault\b)",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AddsNotNull();

    [GeneratedRegex(
        @"^alter table .*\badd (constraint \w+ )?(check|foreign key|unique|primary key|exclude)\b(?!.*\bnot valid\b)",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AddsCheckedConstraint();

    [GeneratedRegex(@"^create (unique )?index (?!concurrently)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LocksForIndex();

    [GeneratedRegex(@"^create unique index", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex UniqueIndex();

    [GeneratedRegex(@"^(lock|truncate|cluster|reindex|vacuum full)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Locks();
}
