using System.Net.Sockets;
using System.Text.Json;
using FlashCall.Cli.Api;
using FlashCall.Cli.Verify;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace FlashCall.Cli.Tests;

public sealed class VerifyTests
{
    private const string Number = "+46701740605";

    [Fact]
    public async Task Reports_what_the_handset_shows_and_prints_the_whole_timeline()
    {
        await using var platform = await FakePlatform.StartAsync();

        var cli = await VerifyAsync(platform, "--handset", platform.Address);

        Assert.Equal(0, cli.ExitCode);
        Assert.Equal("", cli.Error);
        Assert.Matches($"^verified {FakePlatform.Id} in [0-9]+ ms$", cli.LastLine);
        string[] expected = ["0 ms requested", "5 ms risk assessed", "12 ms caller ID leased", "22 ms INVITE", "75 ms ringing", "88 ms reported", "90 ms verified", "110 ms hung up"];
        var printed = cli.Output.Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).Where(line => line.Contains(" ms ", StringComparison.Ordinal)).ToList();
        Assert.All(expected, (line, index) => Assert.StartsWith(line, printed[index], StringComparison.Ordinal));
        Assert.Contains("(1 of 10,000, 13.3 bits)", cli.Output, StringComparison.Ordinal);
        var report = Assert.Single(platform.Reports);
        Assert.Equal(FakePlatform.CallerId, report.GetProperty("callerId").GetString());
        Assert.Equal("intercepted", report.GetProperty("source").GetString());
        var request = Assert.Single(platform.Requests);
        Assert.Equal(Number, request.GetProperty("to").GetString());
        Assert.Equal("login", request.GetProperty("purpose").GetString());
    }

    [Fact]
    public async Task Takes_neither_older_calls_nor_calls_that_did_not_ring_for_the_flash_call()
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.AddCall("+442079469999", rang: true);
        platform.OnStart = session =>
        {
            session.AddCall("+442079468888", rang: false);
            session.Ring();
        };

        var cli = await VerifyAsync(platform, "--handset", platform.Address);

        Assert.Equal(0, cli.ExitCode);
        Assert.Equal(FakePlatform.CallerId, Assert.Single(platform.Reports).GetProperty("callerId").GetString());
    }

    [Fact]
    public async Task Asks_the_person_for_the_last_digits_and_asks_again_after_a_wrong_report()
    {
        await using var platform = await FakePlatform.StartAsync();

        var cli = await TypeAsync(platform, "0000\n\n 0123 \n");

        Assert.Equal(0, cli.ExitCode);
        Assert.Contains("The phone rings from +44207946… Type the last 4 digits", cli.Error, StringComparison.Ordinal);
        Assert.Contains("another number", cli.Error, StringComparison.Ordinal);
        Assert.Contains("(2 left)", cli.Error, StringComparison.Ordinal);
        Assert.Equal(["0000", "0123"], platform.Reports.Select(report => report.GetProperty("digits").GetString()));
        Assert.All(platform.Reports, report => Assert.Equal("typed", report.GetProperty("source").GetString()));
    }

    [Fact]
    public async Task Asks_the_person_for_the_whole_number_where_its_last_digits_are_not_enough()
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.EnterDigits = null;

        var cli = await TypeAsync(platform, $"+442079460000\n {FakePlatform.CallerId} \n");

        Assert.Equal(0, cli.ExitCode);
        Assert.Contains("The phone rings from +44207946… Type the whole number that calls: ", cli.Error, StringComparison.Ordinal);
        Assert.Contains("That was another number. Type the whole number again (2 left): ", cli.Error, StringComparison.Ordinal);
        Assert.Equal(["+442079460000", FakePlatform.CallerId], platform.Reports.Select(report => report.GetProperty("callerId").GetString()));
        Assert.All(platform.Reports, report => Assert.False(report.TryGetProperty("digits", out _)));
    }

    [Fact]
    public async Task Ends_unverified_when_all_reports_were_wrong()
    {
        await using var platform = await FakePlatform.StartAsync();

        var cli = await TypeAsync(platform, "1\n2\n4\n");

        Assert.Equal(1, cli.ExitCode);
        Assert.Contains("Too many reports named another caller ID. Start a new session. (too_many_reports)", cli.Output, StringComparison.Ordinal);
        Assert.StartsWith($"failed {FakePlatform.Id} in ", cli.LastLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ends_unverified_when_nobody_types()
    {
        await using var platform = await FakePlatform.StartAsync();

        var cli = await TypeAsync(platform, "");

        Assert.Equal(1, cli.ExitCode);
        Assert.StartsWith("not verified ", cli.LastLine, StringComparison.Ordinal);
        Assert.Empty(platform.Reports);
    }

    [Fact]
    public async Task Says_why_a_session_was_denied()
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.OnStart = session => session.End("denied", "destination_not_allowed", "Calls to +979 are not enabled for this application. Allowed: SE, GB.");

        var cli = await VerifyAsync(platform, "--handset", platform.Address);

        Assert.Equal(1, cli.ExitCode);
        Assert.Contains("Calls to +979 are not enabled for this application. Allowed: SE, GB. (destination_not_allowed)", cli.Output, StringComparison.Ordinal);
        Assert.StartsWith($"denied {FakePlatform.Id}", cli.LastLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stops_waiting_for_a_call_when_the_session_ends_without_one()
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.OnStart = session => session.AddCall(FakePlatform.CallerId, rang: false);
        var looks = 0;
        platform.Instead = context =>
        {
            if (HttpMethods.IsGet(context.Request.Method) && ++looks == 2)
                platform.End("failed", "callee_busy", "The phone is busy.");
            return null;
        };

        var cli = await VerifyAsync(platform, "--handset", platform.Address);

        Assert.Equal(1, cli.ExitCode);
        Assert.Contains("The phone is busy.", cli.Output, StringComparison.Ordinal);
        Assert.Empty(platform.Reports);
    }

    [Fact]
    public async Task Takes_a_session_that_ended_before_the_report_arrived_for_what_it_is()
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.Instead = context =>
        {
            if (context.Request.Path.Value!.EndsWith("/report", StringComparison.Ordinal))
                platform.End("expired", "not_reported", null);
            return null;
        };

        var cli = await VerifyAsync(platform, "--handset", platform.Address);

        Assert.Equal(1, cli.ExitCode);
        Assert.StartsWith("expired ", cli.LastLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prints_the_session_as_JSON_for_machines()
    {
        await using var platform = await FakePlatform.StartAsync();

        var cli = await VerifyAsync(platform, "--handset", platform.Address, "--json");

        Assert.Equal(0, cli.ExitCode);
        using var document = JsonDocument.Parse(cli.Output);
        Assert.True(document.RootElement.GetProperty("verified").GetBoolean());
        Assert.True(document.RootElement.GetProperty("elapsedMilliseconds").GetDouble() > 0);
        var session = document.RootElement.GetProperty("verification");
        Assert.Equal(FakePlatform.Id, session.GetProperty("id").GetString());
        Assert.Equal("a later version", session.GetProperty("somethingNew").GetProperty("of").GetString());
        Assert.Contains(session.GetProperty("timeline").EnumerateArray(), step => step.GetProperty("step").GetString() == "hung_up");
    }

    [Fact]
    public async Task Does_not_wait_forever_for_the_end_of_the_call()
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.HangUpAfter = null;
        using var api = new PlatformApi(new Uri(platform.Address), FakePlatform.Key);
        using var log = new HandsetCallLog(new Uri(platform.Address));
        var conversation = new Conversation(new VerificationApi(api), new InterceptingApp(log, Number)) { CallEndWithin = TimeSpan.FromMilliseconds(200) };

        var outcome = await conversation.HoldAsync(Number, "login", CancellationToken.None);

        Assert.True(outcome.IsVerified);
        Assert.True(outcome.Session.CallIsUnderWay);
        Assert.True(platform.LooksSinceEnd > 1);
    }

    [Fact]
    public async Task Says_what_to_do_about_a_wrong_key_without_showing_it()
    {
        await using var platform = await FakePlatform.StartAsync();

        var cli = await Cli.RunAsync(["verify", "--to", Number, "--api", platform.Address, "--key", "fck_wrong", "--handset", platform.Address]);

        Assert.Equal(2, cli.ExitCode);
        Assert.Equal("flashcall: Send an API key as 'Authorization: Bearer <key>'. The key is one of --key-file, --key or FLASHCALL_API_KEY. (401 unauthorized)\n", cli.Error);
        Assert.Equal("", cli.Output);
    }

    [Fact]
    public async Task Names_the_fields_that_the_API_refuses()
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.Instead = _ => TypedResults.ValidationProblem(
            new Dictionary<string, string[]> { ["purpose"] = ["Unknown purpose. Expected one of: login, kyc."] }, detail: "The request has mistakes.",
            extensions: new Dictionary<string, object?> { ["code"] = "invalid_request" });

        var cli = await VerifyAsync(platform, "--handset", platform.Address, "--purpose", "fun");

        Assert.Equal(2, cli.ExitCode);
        Assert.Equal("flashcall: The request has mistakes. purpose: Unknown purpose. Expected one of: login, kyc. (400 invalid_request)\n", cli.Error);
    }

    [Fact]
    public async Task Does_not_say_twice_what_is_wrong_with_a_field()
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.Instead = _ => TypedResults.ValidationProblem(new Dictionary<string, string[]> { ["to"] = ["Not a number."] }, detail: "to: Not a number.");

        var cli = await VerifyAsync(platform, "--handset", platform.Address);

        Assert.Equal("flashcall: to: Not a number. (400)\n", cli.Error);
    }

    [Fact]
    public async Task Says_that_a_service_is_not_available()
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.Instead = _ => TypedResults.Problem("The service is not available at the moment. Try again in a few seconds.", statusCode: 503,
            extensions: new Dictionary<string, object?> { ["code"] = "unavailable" });

        var cli = await VerifyAsync(platform, "--handset", platform.Address);

        Assert.Equal(2, cli.ExitCode);
        Assert.Contains("not available at the moment", cli.Error, StringComparison.Ordinal);
        Assert.Contains("(503 unavailable)", cli.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<html>welcome</html>", 200)]
    [InlineData("<html>not here</html>", 404)]
    [InlineData("null", 200)]
    [InlineData("{\"id\":7}", 200)]
    public async Task Says_that_something_else_answers_at_the_address(string body, int status)
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.Instead = _ => TypedResults.Text(body, "text/html", statusCode: status);

        var cli = await VerifyAsync(platform, "--handset", platform.Address);

        Assert.Equal(2, cli.ExitCode);
        Assert.Single(cli.Error.TrimEnd('\n').Split('\n'));
        Assert.Contains("is this its address?", cli.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("--api", "The API at")]
    [InlineData("--handset", "The handset at")]
    public async Task Says_who_does_not_answer_and_how_to_start_it(string option, string who)
    {
        await using var platform = await FakePlatform.StartAsync();
        var addresses = new Dictionary<string, string> { ["--api"] = platform.Address, ["--handset"] = platform.Address, [option] = $"http://127.0.0.1:{UnusedPort()}" };

        var cli = await Cli.RunAsync(["verify", "--to", Number, "--key", FakePlatform.Key, .. addresses.SelectMany(address => new[] { address.Key, address.Value })]);

        Assert.Equal(2, cli.ExitCode);
        Assert.StartsWith($"flashcall: {who}", cli.Error, StringComparison.Ordinal);
        Assert.Contains("./run", cli.Error, StringComparison.Ordinal);
        Assert.Single(cli.Error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task Takes_the_key_from_a_file_or_the_environment()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, FakePlatform.Key + "\n");
            await using (var platform = await FakePlatform.StartAsync())
                Assert.Equal(0, (await Cli.RunAsync(["verify", "--to", Number, "--api", platform.Address, "--handset", platform.Address, "--key-file", file])).ExitCode);
            await using (var platform = await FakePlatform.StartAsync())
            {
                var environment = new Dictionary<string, string> { ["FLASHCALL_API_KEY"] = FakePlatform.Key };
                Assert.Equal(0, (await Cli.RunAsync(["verify", "--to", Number, "--api", platform.Address, "--handset", platform.Address], environment: environment)).ExitCode);
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("No API key", "--to", Number)]
    [InlineData("Give one of them", "--to", Number, "--key", "a", "--key-file", "b")]
    [InlineData("cannot be read", "--to", Number, "--key-file", "/does/not/exist")]
    [InlineData("characters that no key has", "--to", Number, "--key", "two\nlines")]
    [InlineData("which is no address", "--to", Number, "--key", "a", "--api", "gateway")]
    [InlineData("'--to' is required", "--key", "a")]
    [InlineData("flashcall verify --help", "--to", Number, "--unknown", "a")]
    public async Task Refuses_wrong_usage_with_one_line(string expected, params string[] args)
    {
        var cli = await Cli.RunAsync(["verify", .. args]);

        Assert.Equal(2, cli.ExitCode);
        Assert.Contains(expected, cli.Error, StringComparison.Ordinal);
        Assert.Single(cli.Error.TrimEnd('\n').Split('\n'));
        Assert.Equal("", cli.Output);
    }

    private static Task<Cli> VerifyAsync(FakePlatform platform, params string[] more) =>
        Cli.RunAsync(["verify", "--to", Number, "--api", platform.Address, "--key", FakePlatform.Key, .. more]);

    private static Task<Cli> TypeAsync(FakePlatform platform, string typed) =>
        Cli.RunAsync(["verify", "--to", Number, "--api", platform.Address, "--key", FakePlatform.Key], typed);

    private static int UnusedPort()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
