using System.Globalization;
using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Fraud.Policies;
using FlashCall.Load.Replays;
using FlashCall.Simulation;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.Cli.Tests.Replay;

/// <summary>What-if over a recorded day, the simulation's, under the policy that was live then.</summary>
public sealed class WhatIfTests(WhatIfTests.RecordedDay day, ServersFixture servers) : IClassFixture<WhatIfTests.RecordedDay>
{
    [Fact]
    public async Task The_database_says_the_same_as_a_file_of_its_events()
    {
        await using var log = await StoredLog.CreateAsync(servers);
        await log.AddLinesAsync(await File.ReadAllLinesAsync(day.Events));
        string[] question = ["--policy", day.Policy(Simulator.DefaultPolicy with { Shadow = true }), "--floor-bits", "12", "--ring-time", "3", "--json"];
        var file = Path.Combine(day.Folder, "connection");
        await File.WriteAllTextAsync(file, log.Environment.Values.Single() + "\n");

        var asked = await Cli.RunAsync(["replay", "what-if", "--database-file", file, .. question]);
        var variable = await Cli.RunAsync(["replay", "what-if", .. question], environment: log.Environment);
        var read = await Cli.RunAsync(["replay", "what-if", "--input", day.Events, .. question]);

        Assert.Equal((0, 0, 0), (asked.ExitCode, variable.ExitCode, read.ExitCode));
        Assert.Equal(Answers(read), Answers(asked));
        Assert.Equal(Answers(read), Answers(variable));
        // The archive is read too.
        await log.ReadAsync("select archive_make('2026-03-01')");
        await log.ReadAsync(
            """
            with moved as (delete from mt_events where seq_id % 3 = 0 returning *)
            insert into archived_events
            select '2026-03-01', seq_id, id, stream_id, version, type, timestamp, correlation_id, causation_id, data from moved
            """);
        Assert.Equal(Answers(read), Answers(await Cli.RunAsync(["replay", "what-if", .. question], environment: log.Environment)));

        // Beside how long it took.
        static string Answers(Cli run) => string.Join('\n', JsonDocument.Parse(run.Output).RootElement.EnumerateObject()
            .Where(part => part.Value.ValueKind == JsonValueKind.Object).Select(part => $"{part.Name}: {part.Value.GetRawText()}"));
    }

    [Fact]
    public async Task The_policy_that_was_live_says_again_what_was_recorded()
    {
        var result = await AskAsync("--policy", day.Policy(Simulator.DefaultPolicy));
        var policy = result.GetProperty("policy");
        Assert.Equal(day.Verdicts.Count, policy.GetProperty("recordedVerdicts").GetInt64());
        Assert.Equal(day.Verdicts.Count, policy.GetProperty("reproducedVerdicts").GetInt64());
        Assert.Equal(0, policy.GetProperty("differing").GetInt64());
        // Nothing is shown by a day on which nobody is refused.
        Assert.InRange(policy.GetProperty("total").GetProperty("refusedThen").GetInt64(), 100, day.Verdicts.Count / 2);
        Assert.Equal(
            policy.GetProperty("total").GetProperty("costThenMicros").GetInt64(),
            policy.GetProperty("total").GetProperty("costNowMicros").GetInt64());
    }

    [Fact]
    public async Task A_closed_country_turns_its_people_away_and_nobody_else()
    {
        var closed = Simulator.DefaultPolicy with
        {
            Destinations = Simulator.DefaultPolicy.Destinations with { Allowed = Simulator.DefaultPolicy.Destinations.Allowed.Remove("ES") },
        };
        var policy = (await AskAsync("--policy", day.Policy(closed), "--sessions", "5")).GetProperty("policy");
        var total = policy.GetProperty("total");
        var spain = policy.GetProperty("by").GetProperty("country").GetProperty("ES");
        Assert.Equal(0, spain.GetProperty("letThroughNow").GetInt64());
        Assert.Equal(
            spain.GetProperty("requests").GetInt64(),
            spain.GetProperty("refusedThen").GetInt64() + spain.GetProperty("refusedNow").GetInt64());
        Assert.Equal(spain.GetProperty("verified").GetInt64(), spain.GetProperty("verifiedRefused").GetInt64());
        Assert.InRange(spain.GetProperty("verifiedRefused").GetInt64(), 100, total.GetProperty("verified").GetInt64() / 2);
        Assert.True(total.GetProperty("costNowMicros").GetInt64() < total.GetProperty("costThenMicros").GetInt64());
        Assert.Equal(5, policy.GetProperty("sessions").GetArrayLength());
        Assert.All(policy.GetProperty("sessions").EnumerateArray(), row => Assert.Contains("•••", row.GetProperty("to").GetString()!));
    }

    [Theory]
    [InlineData("unverified")]
    [InlineData("verified")]
    [InlineData("withdrawn")]
    public async Task A_lenient_policy_lets_through_what_was_refused_whatever_is_said_to_have_become_of_it(string refusedThen)
    {
        var lenient = Simulator.DefaultPolicy with
        {
            Shadow = true,
        };
        var policy = (await AskAsync("--policy", day.Policy(lenient), "--refused-then", refusedThen)).GetProperty("policy");
        var total = policy.GetProperty("total");
        Assert.Equal(total.GetProperty("refusedThen").GetInt64(), total.GetProperty("letThroughNow").GetInt64());
        Assert.Equal(0, total.GetProperty("refusedNow").GetInt64());
        var (then, now) = (total.GetProperty("costThenMicros").GetInt64(), total.GetProperty("costNowMicros").GetInt64());
        Assert.True(refusedThen == "withdrawn" ? now == then : now > then, $"{then} then, {now} now");
    }

    [Fact]
    public async Task Held_against_a_base_policy_that_is_the_same_nothing_differs()
    {
        var closed = day.Policy(Simulator.DefaultPolicy with { Destinations = new DestinationLists { Allowed = ["SE"] } });
        var policy = (await AskAsync("--policy", closed, "--base", closed)).GetProperty("policy");
        Assert.Equal(0, policy.GetProperty("differing").GetInt64());
        // The base is not what was live.
        Assert.True(policy.GetProperty("reproducedVerdicts").GetInt64() < policy.GetProperty("recordedVerdicts").GetInt64());
    }

    [Fact]
    public async Task What_lies_before_the_span_warms_up_and_is_not_counted()
    {
        var noon = day.Start.AddHours(3);
        var policy = (await AskAsync("--policy", day.Policy(Simulator.DefaultPolicy), "--from", noon.ToString("O", CultureInfo.InvariantCulture)))
            .GetProperty("policy");
        var (warm, counted) = (policy.GetProperty("warmUpRequests").GetInt64(), policy.GetProperty("recordedVerdicts").GetInt64());
        Assert.True(warm > 0 && counted > 0);
        Assert.Equal(day.Verdicts.Count, warm + counted);
        Assert.Equal(counted, policy.GetProperty("reproducedVerdicts").GetInt64());
    }

    [Fact]
    public async Task A_floor_refuses_leases_with_fewer_numbers()
    {
        var floor = (await AskAsync("--floor-bits", "12")).GetProperty("floor").GetProperty("total");
        var (leases, refused) = (floor.GetProperty("leases").GetInt64(), floor.GetProperty("refused").GetInt64());
        // One lease in five is of 1,000 numbers.
        Assert.InRange(refused, leases / 6, leases / 4);
        Assert.Equal(1_000, floor.GetProperty("fewestCandidates").GetInt64());
        Assert.Equal(3.0 / 10_000, floor.GetProperty("meanChanceNow").GetDouble(), tolerance: 1e-9);
        Assert.True(floor.GetProperty("meanChanceThen").GetDouble() > floor.GetProperty("meanChanceNow").GetDouble());
    }

    [Fact]
    public async Task A_ring_time_touches_who_reported_later_while_it_rang()
    {
        var shorter = (await AskAsync("--ring-time", "1")).GetProperty("ringTime");
        var longer = (await AskAsync("--ring-time", "10")).GetProperty("ringTime");
        Assert.InRange(shorter.GetProperty("atRisk").GetInt64(), 1, shorter.GetProperty("reportedWhileRinging").GetInt64());
        Assert.Equal(0, shorter.GetProperty("mayWin").GetInt64());
        Assert.Equal(0, longer.GetProperty("atRisk").GetInt64());
        Assert.True(longer.GetProperty("mayWin").GetInt64() > 0);
        Assert.Equal(shorter.GetProperty("verified").GetInt64(), longer.GetProperty("verified").GetInt64());
    }

    [Fact]
    public async Task All_sessions_that_differ_go_to_a_file_with_masked_numbers()
    {
        var file = Path.Combine(day.Folder, Guid.NewGuid().ToString("N"));
        var closed = Simulator.DefaultPolicy with { Destinations = new DestinationLists { Allowed = ["SE"] } };
        var result = await AskAsync("--policy", day.Policy(closed), "--output", file, "--sessions", "0");
        var lines = await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken);
        Assert.Equal(result.GetProperty("policy").GetProperty("differing").GetInt64(), lines.Length);
        Assert.All(lines, line => Assert.Contains("•••", line));
        Assert.False(File.Exists(file + ".part"));
    }

    [Fact]
    public async Task Interrupted_it_leaves_no_half_file()
    {
        var file = Path.Combine(day.Folder, Guid.NewGuid().ToString("N"));
        using var interrupt = new CancellationTokenSource();
        await interrupt.CancelAsync();
        var run = await Cli.RunAsync(
            ["replay", "what-if", "--input", day.Events, "--policy", day.Policy(Simulator.DefaultPolicy), "--output", file],
            interrupt: interrupt.Token);
        Assert.Equal(CommandLine.Interrupted, run.ExitCode);
        Assert.Empty(Directory.GetFiles(day.Folder, Path.GetFileName(file) + "*"));
    }

    [Fact]
    public async Task People_read_tables()
    {
        var run = await Cli.RunAsync(
            ["replay", "what-if", "--input", day.Events, "--policy", day.Policy(Simulator.DefaultPolicy), "--floor-bits", "10", "--ring-time", "2"]);
        Assert.Equal(CommandLine.Succeeded, run.ExitCode);
        foreach (var part in (string[])["recorded verdicts (100.00 %) are the same", "verified people who would be refused", "A floor of 10.0 bits", "A ring time of 2.0 s"])
            Assert.Contains(part, run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("There is nothing to ask. Give --policy, --floor-bits or --ring-time.")]
    [InlineData("--floor-bits has to be 0 to 23.", "--floor-bits", "24")]
    [InlineData("--ring-time has to be 1 to 30 seconds.", "--ring-time", "0.5")]
    [InlineData("--from is no time.", "--ring-time", "2", "--from", "yesterday")]
    [InlineData("--from is not before --to.", "--ring-time", "2", "--from", "2026-02-01", "--to", "2026-01-01")]
    [InlineData("The file of --policy cannot be read", "--policy", "/nowhere/policy.json")]
    [InlineData("The file of --input cannot be read", "--ring-time", "2", "--input", "/nowhere/events.ndjson")]
    public async Task A_wrong_question_is_told_in_a_line(string expected, params string[] options)
    {
        var run = await Cli.RunAsync(["replay", "what-if", .. options]);
        Assert.Equal(CommandLine.Impossible, run.ExitCode);
        Assert.Contains(expected, run.LastErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Masked_numbers_are_refused()
    {
        var file = Path.Combine(day.Folder, Guid.NewGuid().ToString("N"));
        var text = await File.ReadAllLinesAsync(day.Events, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(file, text[0].Replace("\"to\":\"+", "\"to\":\"+•••", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var run = await Cli.RunAsync(["replay", "what-if", "--input", file, "--ring-time", "2"]);
        Assert.Equal(CommandLine.Impossible, run.ExitCode);
        Assert.Contains("masked", run.Error, StringComparison.Ordinal);
    }

    private async Task<JsonElement> AskAsync(params string[] options)
    {
        var run = await Cli.RunAsync(["replay", "what-if", "--input", day.Events, "--json", .. options]);
        Assert.True(run.ExitCode == CommandLine.Succeeded, run.Error);
        return JsonDocument.Parse(run.Output).RootElement.Clone();
    }

    /// <summary>A day's events in a file, as they are exported.</summary>
    public sealed class RecordedDay : IDisposable
    {
        public RecordedDay()
        {
            Folder = Directory.CreateTempSubdirectory("flashcall-what-if-").FullName;
            Events = Path.Combine(Folder, "events.ndjson");
            var courses = new RecordedCourses(new Policy(Simulator.DefaultPolicy, 1), seed: 3);
            using var file = new StreamWriter(Events);
            var cursor = 0;
            foreach (var batch in courses.Play(Start, days: 1, busiest: 300))
            {
                foreach (var made in batch)
                {
                    file.WriteLine(
                        $"{{\"cursor\":{++cursor},\"verificationId\":\"{made.Session}\",\"version\":{made.Version},\"type\":\"{made.Type}\",\"data\":{made.Data}}}");
                }
            }
            file.WriteLine($"{{\"cursor\":{cursor},\"end\":true}}");
            Verdicts = courses.Verdicts;
        }

        public DateTimeOffset Start { get; } = new(2026, 3, 2, 6, 0, 0, TimeSpan.Zero);

        public string Folder { get; }

        public string Events { get; }

        internal IReadOnlyList<Verdict> Verdicts { get; }

        internal string Policy(PolicyDocument document)
        {
            var file = Path.Combine(Folder, Guid.NewGuid().ToString("N") + ".json");
            File.WriteAllBytes(file, PolicyText.Write(document));
            return file;
        }

        public void Dispose() => Directory.Delete(Folder, recursive: true);
    }
}
