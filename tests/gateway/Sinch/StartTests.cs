using System.Net;
using System.Text.Json;
using FlashCall.Gateway.Sinch;

namespace FlashCall.Gateway.Tests.Sinch;

/// <summary>Starts as Sinch's client libraries send them.</summary>
public sealed class StartTests(SharedSinchGateway shared) : IClassFixture<SharedSinchGateway>
{
    private const string Path = "/verification/v1/verifications";

    [Fact]
    public async Task A_start_is_answered_as_the_client_libraries_expect_it()
    {
        await using var sinch = await SinchGateway.StartAsync();

        var started = await sinch.AskAsync("POST", Path, SinchGateway.Start(
            """,  "reference":"order 1/2","custom":"blue","flashCallOptions":{"dialTimeout":12,"interceptionTimeout":40}"""));

        var id = started.GetProperty("id").GetGuid();
        var link = $"{sinch.Client.BaseAddress}verification/v1/verifications/id/{id}";
        // From the answer on, and the machine may have been slow to give it.
        var timeouts = started.GetProperty("flashCall");
        var (intercept, report) = (timeouts.GetProperty("interceptionTimeout").GetInt32(), timeouts.GetProperty("reportTimeout").GetInt32());
        Assert.InRange(intercept, 30, 40);
        Assert.InRange(report, 65, 75);
        Assert.Equal(
            $$"""{"id":"{{id}}","method":"flashcall","flashCall":{"cliFilter":"(.*)2079460(.*)","interceptionTimeout":{{intercept}},"reportTimeout":{{report}},"denyCallAfter":0},"_links":[{"rel":"status","href":"{{link}}","method":"GET"},{"rel":"report","href":"{{link}}","method":"PUT"}]}""",
            started.GetRawText());
        var start = Assert.Single(sinch.Starts);
        Assert.Equal(
            (SinchGateway.Number, "onboarding", "order 1/2", 12, 40, "blue", sinch.Key.Id.ToString()),
            (start.GetProperty("to").GetString(), start.GetProperty("purpose").GetString(), start.GetProperty("reference").GetString(),
                start.GetProperty("flashCall").GetProperty("dialTimeout").GetInt32(),
                start.GetProperty("flashCall").GetProperty("interceptionTimeout").GetInt32(),
                start.GetProperty("metadata").GetProperty("sinch.custom.0").GetString(),
                start.GetProperty("metadata").GetProperty("sinch.key").GetString()));
        Assert.Equal((sinch.Id, id.ToString()), Assert.Single(sinch.Requests("POST", "/v1/verifications")) is var request
            ? (request.Application, request.Headers["FlashCall-Verification-Id"])
            : default);
    }

    [Theory]
    [InlineData("""{"identity":{"type":"number","endpoint":"+46701740605"},"method":"flashCall"}""")]
    [InlineData("""{"identity":{"type":"NUMBER","endpoint":"\u002B46701740605","verified":null},"method":"FLASHCALL"}""")]
    [InlineData("""{"identity":{"type":"number","endpoint":"+46 70 174 06 05"},"honourEarlyReject":true,"custom":null,"reference":null,"metadata":null,"flashCallOptions":null,"method":"flashcall"}""")]
    [InlineData("""{"custom":"","honourEarlyReject":null,"metadata":{"os":"14","platform":"Android","sim":[{"slot":0}]},"flashCallOptions":{"dialTimeout":null,"interceptionTimeout":null},"identity":{"endpoint":"+46701740605","type":"number"},"reference":"","method":"flashcall"}""")]
    public async Task What_client_libraries_add_and_leave_empty_is_taken(string body)
    {
        await using var sinch = await SinchGateway.StartAsync(purpose: "login");

        var started = await sinch.AskAsync("POST", Path, body);

        Assert.Equal("flashcall", started.GetProperty("method").GetString());
        Assert.InRange(started.GetProperty("flashCall").GetProperty("interceptionTimeout").GetInt32(), 35, 45);
        var start = Assert.Single(sinch.Starts);
        Assert.Equal((SinchGateway.Number, "login"), (start.GetProperty("to").GetString(), start.GetProperty("purpose").GetString()));
        Assert.False(start.TryGetProperty("reference", out _));
        Assert.False(start.TryGetProperty("flashCall", out _));
    }

    [Theory]
    [InlineData(40003, "")]
    [InlineData(40003, "{")]
    [InlineData(40003, "null")]
    [InlineData(40003, "[]")]
    [InlineData(40001, "{}")]
    [InlineData(40001, """{"identity":{"type":"number","endpoint":"+46701740605"}}""")]
    [InlineData(40001, """{"identity":{"type":"number","endpoint":"+46701740605"},"method":"sms"}""")]
    [InlineData(40001, """{"identity":{"type":"number","endpoint":"+46701740605"},"method":7}""")]
    [InlineData(40001, """{"identity":{"type":"email","endpoint":"+46701740605"},"method":"flashcall"}""")]
    [InlineData(40001, """{"identity":{"type":"number"},"method":"flashcall"}""")]
    [InlineData(40001, """{"identity":{"type":"number","endpoint":"+461"},"method":"flashcall"}""")]
    [InlineData(40005, """{"identity":{"type":"number","endpoint":"46701740605"},"method":"flashcall"}""")]
    [InlineData(40005, """{"identity":{"type":"number","endpoint":"\u0664\u0666701740605"},"method":"flashcall"}""")]
    [InlineData(40001, """{"identity":{"type":"number","endpoint":"+46701740605"},"method":"flashcall","flashCallOptions":{"dialTimeout":4}}""")]
    [InlineData(40001, """{"identity":{"type":"number","endpoint":"+46701740605"},"method":"flashcall","flashCallOptions":{"interceptionTimeout":121}}""")]
    [InlineData(40001, """{"identity":{"type":"number","endpoint":"+46701740605"},"method":"flashcall","custom":"\u0000"}""")]
    [InlineData(40001, """{"identity":{"type":"number","endpoint":"+46701740605"},"method":"flashcall","reference":"\ud800"}""")]
    [InlineData(40001, """{"method":"flashcall","method":"flashcall"}""")]
    public async Task What_is_not_right_is_refused_in_words_and_number(int code, string body)
    {
        var message = await shared.Gateway.RefusedAsync(code, "POST", Path, body);

        Assert.EndsWith(".", message, StringComparison.Ordinal);
        Assert.DoesNotContain("46701740605", message, StringComparison.Ordinal);
        Assert.Empty(shared.Gateway.Starts);
    }

    [Fact]
    public async Task Texts_are_as_long_as_they_may_be_and_no_longer()
    {
        await using var sinch = await SinchGateway.StartAsync();
        var (custom, reference) = (new string('c', SinchNotes.LongestCustom), new string('r', 128));

        await sinch.AskAsync("POST", Path, SinchGateway.Start($""","custom":"{custom}","reference":"{reference}" """));
        await sinch.RefusedAsync(40001, "POST", Path, SinchGateway.Start($""","custom":"{custom}x" """));
        await sinch.RefusedAsync(40001, "POST", Path, SinchGateway.Start($""","reference":"{reference}x" """));
        await sinch.RefusedAsync(41300, "POST", Path, SinchGateway.Start($""","custom":"{new string('c', 70_000)}" """));

        var metadata = Assert.Single(sinch.Starts).GetProperty("metadata").EnumerateObject().ToDictionary(
            note => note.Name, note => note.Value.GetString()!, StringComparer.Ordinal);
        Assert.Equal(custom, SinchNotes.CustomOf(metadata));
        Assert.All(metadata, note => Assert.True(note.Key.Length <= 64 && note.Value.Length <= 512));
    }

    [Fact]
    public async Task A_reference_is_given_once()
    {
        await using var sinch = await SinchGateway.StartAsync();
        await using var other = await SinchGateway.StartAsync();
        var body = SinchGateway.Start(""","reference":"order-1" """);

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => sinch.SendAsync("POST", Path, body)));
        await sinch.RefusedAsync(40900, "POST", Path, body);
        await other.AskAsync("POST", Path, body);
        await sinch.AskAsync("POST", Path, SinchGateway.Start(""","reference":"order-2" """));

        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(4, answers.Count(answer => answer.StatusCode == HttpStatusCode.Conflict));
        Assert.Equal(2, sinch.Starts.Count());
        Array.ForEach(answers, answer => answer.Dispose());
    }

    [Fact]
    public async Task A_reference_whose_start_was_refused_may_be_given_again()
    {
        await using var sinch = await SinchGateway.StartAsync();
        var body = SinchGateway.Start(""","reference":"order-1" """);
        sinch.Instead = context =>
        {
            SinchGateway.ProblemAsync(context, 409, "verification_in_progress", "One is under way for this number.").GetAwaiter().GetResult();
            return true;
        };
        Assert.Equal("One is under way for this number.", await sinch.RefusedAsync(40900, "POST", Path, body));

        sinch.Instead = _ => false;
        await sinch.AskAsync("POST", Path, body);
    }

    [Fact]
    public async Task A_reference_of_a_start_that_died_on_the_way_is_free_after_a_while()
    {
        await using var sinch = await SinchGateway.StartAsync();
        var database = await GatewayDatabase.SharedAsync();
        await sinch.AskAsync("POST", Path, SinchGateway.Start(""","reference":"order-1" """));
        // As if the gateway had died before the start reached the service.
        sinch.Sessions.Clear();
        await sinch.RefusedAsync(40900, "POST", Path, SinchGateway.Start(""","reference":"order-1" """));

        await database.ExecuteAsync($"update sinch_references set taken_at = taken_at - interval '3 min' where application_id = '{sinch.Id}'");
        await sinch.AskAsync("POST", Path, SinchGateway.Start(""","reference":"order-1" """));
        await database.ExecuteAsync($"update sinch_references set taken_at = taken_at - interval '3 min' where application_id = '{sinch.Id}'");
        await sinch.RefusedAsync(40900, "POST", Path, SinchGateway.Start(""","reference":"order-1" """));
    }

    [Fact]
    public async Task A_phone_is_told_of_the_caller_id_once_there_is_one()
    {
        await using var sinch = await SinchGateway.StartAsync();
        JsonElement flashCall = default;
        sinch.Begin = session =>
        {
            flashCall = JsonSerializer.Deserialize<JsonElement>(session["flashCall"]!.ToJsonString());
            session.Remove("flashCall");
        };
        sinch.Instead = context =>
        {
            if (context.Request.Method == "GET")
                Assert.Single(sinch.Sessions.Values)["flashCall"] = System.Text.Json.Nodes.JsonObject.Create(flashCall);
            return false;
        };

        var started = await sinch.AskAsync("POST", Path, SinchGateway.Start());

        Assert.Equal("(.*)2079460(.*)", started.GetProperty("flashCall").GetProperty("cliFilter").GetString());
        var look = Assert.Single(sinch.Requests("GET", $"/v1/verifications/{started.GetProperty("id").GetString()}"));
        Assert.Equal("wait=1", look.Headers["Prefer"]);
    }

    [Theory]
    [InlineData("denied", "destination_not_allowed", 40300)]
    [InlineData("denied", "number_velocity", 40300)]
    [InlineData("denied", "spend_cap", 40200)]
    [InlineData("failed", "callee_limit", 42901)]
    [InlineData("failed", "no_caller_id", 42900)]
    [InlineData("error", "risk_unavailable", 50300)]
    public async Task A_session_that_ended_before_its_call_is_an_error(string status, string reason, int code)
    {
        await using var sinch = await SinchGateway.StartAsync();
        sinch.Begin = session =>
        {
            session.Remove("flashCall");
            (session["status"], session["reason"]) = (status, reason);
        };

        await sinch.RefusedAsync(code, "POST", Path, SinchGateway.Start());
    }

    [Fact]
    public async Task While_the_service_is_away_a_start_is_refused_and_one_that_got_through_is_found()
    {
        await using var sinch = await SinchGateway.StartAsync(settings: "--Gateway:AnswerTimeout=00:00:01");
        sinch.Instead = context =>
        {
            context.Abort();
            return true;
        };
        await sinch.RefusedAsync(50300, "POST", Path, SinchGateway.Start());
        await sinch.RefusedAsync(50300, "GET", $"{Path}/id/{Guid.CreateVersion7()}");

        // It begins, and its answer is lost.
        sinch.Begin = session => sinch.Sessions[session["id"]!.GetValue<Guid>()] = session;
        sinch.Instead = context =>
        {
            if (context.Request.Method == "POST")
            {
                context.Response.OnStarting(() =>
                {
                    context.Abort();
                    return Task.CompletedTask;
                });
            }
            return false;
        };
        var started = await sinch.AskAsync("POST", Path, SinchGateway.Start());
        Assert.Equal(Assert.Single(sinch.Sessions).Key, started.GetProperty("id").GetGuid());
    }
}
