using System.Text.RegularExpressions;
using FlashCall.EndToEnd.Tests.Running;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.EndToEnd.Tests.Monitoring;

/// <summary>What the services show to Prometheus, against what dashboards and alerts ask for.</summary>
[Collection(Platform.OneAtATime)]
public sealed partial class MetricsTests(Platform platform)
{
    /// <summary>Figures that are there only once something went wrong, or with traffic that this test does not make.</summary>
    private static readonly HashSet<string> Occasional =
    [
        "flashcall_database_outage", "flashcall_pool_limits_total", "flashcall_webhooks_attempts_total",
        "flashcall_webhooks_delay_seconds_bucket", "flashcall_pool_wear_falling", "flashcall_pool_wear_verdicts_total",
        "flashcall_dialer_trunk_congested_total", "flashcall_fraud_factors_total", "flashcall_database_archive_lag_seconds",
    ];

    [Fact]
    public async Task All_that_dashboards_and_alerts_ask_for_is_shown_and_no_number_is()
    {
        var asked = Expressions.All().SelectMany(expression => Expressions.MetricsOf(expression.Text).Select(metric => (expression.Where, metric))).ToList();
        Assert.True(asked.Count > 80, $"{asked.Count} uses are too few to be all of them.");
        using var client = platform.Client();
        using var phone = platform.NextPhone();
        var id = (await client.StartAsync(phone)).GetProperty("id").GetGuid();
        var callerId = await phone.RingingAsync();
        await client.ReportAsync(id, callerId);
        await client.UntilAsync(id, TimeSpan.FromSeconds(15), "verified");

        var missing = asked;
        using var http = new HttpClient();
        // Some are looked up every 15 s, the pool's once a minute.
        await Eventually.TrueAsync(
            async () =>
            {
                var shown = new HashSet<string>(StringComparer.Ordinal);
                foreach (var service in platform.Services)
                {
                    var text = await http.GetStringAsync(service.Metrics);
                    Platform.AssertNoNumberIn(text, $"What {service.Name} shows");
                    shown.UnionWith(Sample().Matches(text).Select(sample => sample.Groups["name"].Value));
                }
                missing = [.. asked.Where(use => !shown.Contains(use.metric) && !Occasional.Contains(use.metric))];
                return missing.Count == 0;
            },
            () => $"every figure is shown; missing are {string.Join(", ", missing.Distinct())}", TimeSpan.FromSeconds(90));
    }

    [Fact]
    public void Occasional_figures_are_made_somewhere()
    {
        var sources = Directory.EnumerateFiles(Path.Combine(Running.Program.Root, "services"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText).ToList();
        Assert.All(Occasional, metric =>
        {
            var bare = Suffix().Replace(metric, "");
            Assert.Contains(sources, source => Instrument().Matches(source).Any(
                made => made.Groups["name"].Value.Replace('.', '_') == bare));
        });
    }

    [GeneratedRegex(@"^(?<name>[a-z][a-z0-9_]*)(\{| )", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Sample();

    [GeneratedRegex("_(total|seconds|seconds_bucket)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Suffix();

    [GeneratedRegex("\"(?<name>flashcall\\.[a-z_.]+)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Instrument();
}
