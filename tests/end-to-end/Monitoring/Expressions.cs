using System.Text.Json;
using System.Text.RegularExpressions;

namespace FlashCall.EndToEnd.Tests.Monitoring;

/// <summary>The PromQL of the rules and dashboards of <c>deploy/compose</c>.</summary>
internal static partial class Expressions
{
    private static readonly string Compose = Path.Combine(Running.Program.Root, "deploy", "compose");

    /// <summary>Each expression and the file that has it.</summary>
    public static IEnumerable<(string Where, string Text)> All()
    {
        foreach (var file in Directory.GetFiles(Path.Combine(Compose, "prometheus"), "*.rules.yaml"))
        {
            foreach (Match rule in RuleExpression().Matches(File.ReadAllText(file)))
                yield return (Path.GetFileName(file), rule.Groups["text"].Value);
        }
        foreach (var file in Directory.GetFiles(Path.Combine(Compose, "grafana", "dashboards"), "*.json"))
        {
            using var dashboard = JsonDocument.Parse(File.ReadAllText(file));
            foreach (var text in TextsOf(dashboard.RootElement, "expr"))
                yield return (Path.GetFileName(file), text);
        }
    }

    /// <summary>The metrics that an expression reads; what rules record has a colon in its name, and is left out.</summary>
    public static IEnumerable<string> MetricsOf(string expression)
    {
        var bare = Grouping().Replace(Strings().Replace(expression, "\"\""), " ");
        bare = Selectors().Replace(bare, " ");
        return Name().Matches(bare).Select(name => name.Value).Where(name => !name.Contains(':', StringComparison.Ordinal)).Distinct();
    }

    private static IEnumerable<string> TextsOf(JsonElement element, string property) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member =>
            member.Name == property && member.Value.ValueKind == JsonValueKind.String
                ? [member.Value.GetString()!]
                : TextsOf(member.Value, property)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(item => TextsOf(item, property)),
        _ => [],
    };

    /// <summary>On one line, or indented below <c>|-</c>.</summary>
    [GeneratedRegex(@"^ +expr: (\|-?\n(?<text>( {10,}.*\n)+)|(?<text>.*)\n)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RuleExpression();

    [GeneratedRegex("\"([^\"\\\\]|\\\\.)*\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Strings();

    [GeneratedRegex(@"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Grouping();

    [GeneratedRegex(@"\{[^}]*\}|\[[^\]]*\]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Selectors();

    /// <summary>Every metric of ours and of the libraries has an underscore; so have functions, which a parenthesis follows.</summary>
    [GeneratedRegex(@"(?<![\w:$])[a-z][a-z0-9_:]*_[a-z0-9_:]+\b(?!\s*\()", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Name();
}
