using System.ComponentModel;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Xunit;

namespace FlashCall.Deploy.Tests;

/// <summary>The alert rules of <c>deploy/compose/prometheus</c>, by Prometheus's own tool.</summary>
public sealed partial class AlertRuleTests
{
    private static readonly string Folder = Path.Combine(Script.Repository, "deploy/compose/prometheus");

    private static readonly string Rules = string.Concat(Directory.GetFiles(Folder, "*.rules.yaml").Select(File.ReadAllText));

    [Fact]
    public async Task Prometheus_takes_configuration_and_rules()
    {
        var check = await PromtoolAsync("check", "config", Path.Combine(Folder, "prometheus.yaml"));
        Assert.True(check.ExitCode == 0 && !check.Output.Contains("FAILED", StringComparison.Ordinal), check.Output + check.Error);
    }

    [Fact]
    public async Task Each_alert_fires_on_what_it_is_for_and_stays_quiet_otherwise()
    {
        var run = await PromtoolAsync(["test", "rules", .. Directory.GetFiles(Folder, "*.test.yaml")]);
        Assert.True(run.ExitCode == 0, run.Output + run.Error);
    }

    [Fact]
    public async Task Prometheus_takes_what_dashboards_ask()
    {
        var asked = Directory.GetFiles(Path.Combine(Script.Repository, "deploy/compose/grafana/dashboards"), "*.json")
            .SelectMany(file => Asked(JsonNode.Parse(File.ReadAllText(file))!)).ToList();
        Assert.True(asked.Count > 30, $"{asked.Count} queries are too few to be all of them.");
        // As rules, which are the expressions that promtool reads. Grafana fills in its variables before it asks.
        var rules = new JsonObject
        {
            ["groups"] = new JsonArray(new JsonObject
            {
                ["name"] = "dashboards",
                ["rules"] = new JsonArray([.. asked.Select((expression, index) => new JsonObject
                {
                    ["record"] = $"dashboard:{index}", ["expr"] = Variable().Replace(expression, "1m"),
                })]),
            }),
        };
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, rules.ToJsonString(), TestContext.Current.CancellationToken);
            var check = await PromtoolAsync("check", "rules", "--lint=none", file);
            Assert.True(check.ExitCode == 0, check.Output + check.Error);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Each_alert_has_both_tests_and_an_entry_in_the_runbook()
    {
        var alerts = Alert().Matches(Rules).Select(alert => alert.Groups["name"].Value).Distinct().ToList();
        Assert.True(alerts.Count > 25, $"{alerts.Count} alerts are too few to be all of them.");
        var tests = string.Concat(Directory.GetFiles(Folder, "*.test.yaml").Select(File.ReadAllText));
        Assert.All(alerts, alert =>
        {
            Assert.Contains($"- name: {alert} fires\n", tests, StringComparison.Ordinal);
            Assert.Contains($"- name: {alert} stays quiet\n", tests, StringComparison.Ordinal);
        });

        var runbooks = File.ReadAllText(Path.Combine(Script.Repository, "docs/runbooks.md"));
        var headings = Heading().Matches(runbooks)
            .Select(heading => heading.Groups["text"].Value.ToLowerInvariant().Replace(' ', '-')).ToHashSet(StringComparer.Ordinal);
        var entries = Runbook().Matches(Rules).Select(entry => entry.Groups["anchor"].Value).ToList();
        Assert.Equal(Alert().Count(Rules), entries.Count);
        Assert.Superset(entries.ToHashSet(StringComparer.Ordinal), headings);
    }

    private static IEnumerable<string> Asked(JsonNode? node) => node switch
    {
        JsonObject one => one.SelectMany(property =>
            property is { Key: "expr", Value: JsonValue text } ? [text.GetValue<string>()] : Asked(property.Value)),
        JsonArray several => several.SelectMany(Asked),
        _ => [],
    };

    private static async Task<Script> PromtoolAsync(params string[] arguments)
    {
        try
        {
            return await Script.RunProcessAsync("promtool", arguments);
        }
        catch (Win32Exception)
        {
            Assert.Skip("promtool is not installed here: deploy/local/packages prometheus");
            throw;
        }
    }

    [GeneratedRegex(@"\$[a-z_]+|\$\{[a-z_]+\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Variable();

    [GeneratedRegex("^ +- alert: (?<name>[A-Za-z]+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Alert();

    [GeneratedRegex("^ +runbook: docs/runbooks.md#(?<anchor>[a-z0-9-]+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Runbook();

    [GeneratedRegex("^## (?<text>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Heading();
}
