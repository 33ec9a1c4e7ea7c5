using System.Text.Json;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.Cli.Tests.Replay;

/// <summary><c>flashcall replay</c> on a real event log.</summary>
public sealed class ReplayTests(ServersFixture servers) : IAsyncLifetime
{
    private const string ByCountry =
        """
        public sealed class State { public Dictionary<string, int> Asked = new(); public Dictionary<Guid, string> Open = new(); public Dictionary<string, int> Rang = new(); }

        public sealed class ByCountry : Query<State>
        {
            public override IReadOnlyCollection<string> Types => ["verification_requested", "call_rang"];

            public override void Apply(State state, Event happened)
            {
                if (happened.Country is { } country)
                {
                    state.Open[happened.Session] = country;
                    state.Asked[country] = state.Asked.GetValueOrDefault(country) + 1;
                }
                else if (state.Open.Remove(happened.Session, out var asked))
                    state.Rang[asked] = state.Rang.GetValueOrDefault(asked) + 1;
            }

            public override IEnumerable<object> Rows(State state) =>
                state.Asked.Select(one => new { country = one.Key, asked = one.Value, rang = state.Rang.GetValueOrDefault(one.Key) });
        }
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("flashcall-replay");
    private StoredLog _log = null!;

    public async ValueTask InitializeAsync()
    {
        _log = await StoredLog.CreateAsync(servers);
        await _log.AddAsync(40);
    }

    public async ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        await _log.DisposeAsync();
    }

    [Fact]
    public async Task Funnel_is_rebuilt_and_says_how_fast()
    {
        var run = await RunAsync("funnel", "--json");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var done = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal((0, 160, 150), (done.GetProperty("from").GetInt64(), done.GetProperty("through").GetInt64(), done.GetProperty("events").GetInt64()));
        Assert.Equal("40 30 30", await _log.ReadAsync("select sum(requested) || ' ' || sum(rang) || ' ' || sum(verified) from funnel_hours"));
        Assert.Contains("The funnel is rebuilt up to 160: 150 events in", (await RunAsync("funnel", "--rate", "100000")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Funnel_that_is_interrupted_says_how_to_go_on_and_can_be_dropped()
    {
        await _log.AddAsync(200);
        using var interrupt = new CancellationTokenSource();
        var running = Cli.RunAsync(["replay", "funnel", "--rate", "100"], environment: _log.Environment, interrupt: interrupt.Token);
        await Eventually.TrueAsync(
            async () => await _log.ReadAsync("select seq::text from funnel_generations where state = 'building' and seq > 0") is not null, "a part that is built");
        await interrupt.CancelAsync();
        var run = await running;

        Assert.Equal(CommandLine.Interrupted, run.ExitCode);
        Assert.Contains("Run it again to go on, or with --drop to drop what is built.", run.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("funnel", "--drop")).ExitCode);
        Assert.Equal(1, (await RunAsync("funnel", "--drop")).ExitCode);
        Assert.Equal("live", await _log.ReadAsync("select string_agg(state, ' ') from funnel_generations"));
    }

    [Fact]
    public async Task Query_counts_by_an_expression()
    {
        var run = await RunAsync("query", "--expression", "e.Type", "--json");
        Assert.Equal(
            """[{"group":"attempt_started","events":40},{"group":"verification_requested","events":40},{"group":"call_rang","events":30},{"group":"verification_succeeded","events":30},{"group":"call_not_placed","events":10},{"group":"verification_failed","events":10}]""",
            run.Output.Trim());

        var table = await RunAsync("query", "--expression", "e.Type.StartsWith(\"verification_r\") ? (e.Country, e.Text(\"to\")) : null");
        Assert.Equal(0, table.ExitCode);
        Assert.Matches(@"group1\s+group2\s+events", table.Output);
        // Numbers are masked, whoever asks.
        Assert.Matches(@"SE\s+\+4670•••0605\s+30", table.Output);
        Assert.Matches(@"DK\s+\+4520•••56\s+10", table.Output);
    }

    [Fact]
    public async Task Query_runs_a_class_in_a_file_goes_on_with_what_has_come_since_and_shows_a_table()
    {
        var file = Write("countries.cs", ByCountry);
        var state = Path.Combine(_folder.FullName, "countries.json");
        var first = await RunAsync("query", file, "--state", state);
        Assert.Equal(0, first.ExitCode);
        Assert.Matches(@"SE\s+30\s+30", first.Output);
        Assert.Matches(@"DK\s+10\s+0", first.Output);
        Assert.Contains("70 events in", first.Error, StringComparison.Ordinal);

        await _log.AddAsync(4);
        var then = await RunAsync("query", file, "--state", state);
        Assert.Contains("7 events in", then.Error, StringComparison.Ordinal);
        Assert.Matches(@"SE\s+33\s+33", then.Output);

        // Another query's file is no place to go on from.
        var other = await RunAsync("query", "--expression", "e.Type", "--state", state);
        Assert.Equal(2, other.ExitCode);
        Assert.Contains("is of another query or span", other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Query_takes_a_span()
    {
        var run = await RunAsync("query", "--expression", "e.StoredAt.Minute", "--from", "2026-11-20T08:01:00Z", "--to", "2026-11-20T08:02:00Z", "--json");
        Assert.Equal("""[{"group":"1","events":24}]""", run.Output.Trim());
    }

    [Theory]
    [InlineData("public sealed class Q : Query<List<int>> { }", "line 1: 'Q' does not implement inherited abstract member")]
    [InlineData("public sealed class Q { }", "has 0 queries. Write one class of 'Query<TState>'")]
    [InlineData("public sealed class Q : Query<List<int>> { public override void Apply(List<int> s, Event e) => throw new Exception(\"Oh.\"); public override IEnumerable<object> Rows(List<int> s) => []; }",
        "The query failed at event 1 (verification_requested): Oh.")]
    [InlineData("public sealed class Q : Query<List<int>> { public override void Apply(List<int> s, Event e) { } public override IEnumerable<object> Rows(List<int> s) => [1]; }",
        "A row of the query is no object.")]
    public async Task Query_that_cannot_run_says_why_in_a_line(string source, string said)
    {
        var run = await RunAsync("query", Write("q.cs", source));

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(said, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Give a file or an --expression", "query")]
    [InlineData("line 1: 'Event' does not contain a definition for 'Typo'", "query", "--expression", "e.Typo")]
    [InlineData("Give a time with its offset", "query", "--expression", "e.Type", "--from", "yesterday")]
    [InlineData("Give a whole number from 100", "funnel", "--rate", "5")]
    public async Task What_is_typed_wrong_is_told_in_a_line(string said, params string[] arguments)
    {
        var run = await RunAsync(arguments);

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(said, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_database_it_says_where_to_name_one()
    {
        var run = await Cli.RunAsync(["replay", "funnel"]);
        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith("flashcall: No database. Give its connection string by the variable FLASHCALL_ANALYTICS_DATABASE", run.Error, StringComparison.Ordinal);

        var another = await Cli.RunAsync(["replay", "funnel"], environment: new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["FLASHCALL_ANALYTICS_DATABASE"] = $"{servers.Postgres};Database=postgres",
        });
        Assert.Equal(2, another.ExitCode);
        Assert.Contains("Name that of the verification service", another.Error, StringComparison.Ordinal);
    }

    private Task<Cli> RunAsync(params string[] arguments) => Cli.RunAsync(["replay", .. arguments], environment: _log.Environment);

    private string Write(string name, string source)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, source);
        return path;
    }
}
