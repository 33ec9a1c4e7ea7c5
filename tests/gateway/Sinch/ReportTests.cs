using System.Net;
using System.Text.Json;

namespace FlashCall.Gateway.Tests.Sinch;

/// <summary>Reports, look-ups and telemetry as Sinch's client libraries send them.</summary>
public sealed class ReportTests(SharedSinchGateway shared) : IClassFixture<SharedSinchGateway>
{
    private const string Path = "/verification/v1/verifications";
    private const string Wrong = "+442079460999";

    [Fact]
    public async Task A_wrong_number_is_no_error_and_the_right_one_may_follow()
    {
        await using var sinch = await SinchGateway.StartAsync();
        var id = (await sinch.AskAsync("POST", Path, SinchGateway.Start(""","reference":"r-1" """))).GetProperty("id").GetString();

        var wrong = await sinch.AskAsync("PUT", $"{Path}/id/{id}", SinchGateway.Report(Wrong, "MANUAL"));
        var right = await sinch.AskAsync("PUT", $"{Path}/id/{id}", SinchGateway.Report(source: "intercept"));

        Assert.Equal(
            $$$"""{"id":"{{{id}}}","method":"flashcall","status":"FAIL","reason":"Invalid CLI","callComplete":false,"reference":"r-1","source":"MANUAL","identity":{"type":"number","endpoint":"+46701740605"}}""",
            wrong.GetRawText());
        Assert.Equal(
            $$$"""{"id":"{{{id}}}","method":"flashcall","status":"SUCCESSFUL","callComplete":true,"reference":"r-1","source":"intercept","identity":{"type":"number","endpoint":"+46701740605"}}""",
            right.GetRawText());
        var reports = sinch.Requests("POST", $"/v1/verifications/{id}/report").Select(report => JsonSerializer.Deserialize<JsonElement>(report.Body)).ToList();
        Assert.Equal(
            [(Wrong, "typed", "MANUAL"), (SinchGateway.CallerId, "intercepted", "intercept")],
            reports.Select(report => (
                report.GetProperty("callerId").GetString()!, report.GetProperty("source").GetString()!, report.GetProperty("sourceText").GetString()!)));
    }

    [Theory]
    [InlineData("flashcall", "log", "intercepted")]
    [InlineData("FlashCall", "intercepted", "intercepted")]
    [InlineData("flashCall", "manual", "typed")]
    public async Task The_key_of_the_number_is_read_in_any_case_and_the_number_in_any_spelling(string key, string source, string native)
    {
        await using var sinch = await SinchGateway.StartAsync();
        var id = (await sinch.AskAsync("POST", Path, SinchGateway.Start())).GetProperty("id").GetString();

        var answer = await sinch.AskAsync(
            "PUT", $"{Path}/id/{id}", $$"""{"method":"{{key}}","source":"{{source}}","{{key}}":{"cli":"0044{{SinchGateway.CallerId[3..]}}"},"more":null}""");

        Assert.Equal(("SUCCESSFUL", source), (answer.GetProperty("status").GetString(), answer.GetProperty("source").GetString()));
        Assert.Equal(native, JsonSerializer.Deserialize<JsonElement>(
            Assert.Single(sinch.Requests("POST", $"/v1/verifications/{id}/report")).Body).GetProperty("source").GetString());
    }

    [Fact]
    public async Task The_last_report_fails_the_session_and_after_that_it_is_told_how_it_stands()
    {
        await using var sinch = await SinchGateway.StartAsync();
        var id = (await sinch.AskAsync("POST", Path, SinchGateway.Start())).GetProperty("id").GetString();

        for (var i = 0; i < 4; i++)
        {
            var answer = await sinch.AskAsync("PUT", $"{Path}/id/{id}", SinchGateway.Report(Wrong));
            Assert.Equal(("FAIL", "Invalid CLI"), (answer.GetProperty("status").GetString(), answer.GetProperty("reason").GetString()));
        }
        var right = await sinch.AskAsync("PUT", $"{Path}/id/{id}", SinchGateway.Report());
        Assert.Equal("FAIL", right.GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_repeat_of_the_right_report_succeeds_and_another_number_never_does()
    {
        await using var sinch = await SinchGateway.StartAsync();
        var id = (await sinch.AskAsync("POST", Path, SinchGateway.Start())).GetProperty("id").GetString();
        await sinch.AskAsync("PUT", $"{Path}/id/{id}", SinchGateway.Report());

        foreach (var (cli, expected) in new[]
        {
            (SinchGateway.CallerId, "SUCCESSFUL"), ("00442079460123", "SUCCESSFUL"), ("020 7946 0123", "SUCCESSFUL"), (Wrong, "FAIL"), ("0123", "FAIL"),
            ("+4442079460123", "FAIL"),
        })
        {
            var answer = await sinch.AskAsync("PUT", $"{Path}/id/{id}", SinchGateway.Report(cli));
            Assert.Equal((cli, expected), (cli, answer.GetProperty("status").GetString()));
        }
    }

    [Fact]
    public async Task A_report_by_number_is_for_the_latest_session_that_is_pending()
    {
        await using var sinch = await SinchGateway.StartAsync();
        var first = await sinch.AskAsync("POST", Path, SinchGateway.Start());
        var second = await sinch.AskAsync("POST", Path, SinchGateway.Start());
        sinch.Begin = session => (session["status"], session["reason"]) = ("denied", "callback_denied");
        await sinch.RefusedAsync(40300, "POST", Path, SinchGateway.Start());

        foreach (var expected in new[] { second, first })
        {
            var answer = await sinch.AskAsync("PUT", $"{Path}/number/{SinchGateway.Number}", SinchGateway.Report());
            Assert.Equal(
                (expected.GetProperty("id").GetString(), "SUCCESSFUL"),
                (answer.GetProperty("id").GetString(), answer.GetProperty("status").GetString()));
        }
        await sinch.RefusedAsync(40400, "PUT", $"{Path}/number/%2B46701740605", SinchGateway.Report());
    }

    [Theory]
    [InlineData(40400, "id/0199aaaa-0000-7000-8000-000000000000", null)]
    [InlineData(40400, "id/1", null)]
    [InlineData(40005, "number/46701740605", null)]
    [InlineData(40001, "number/+4670", null)]
    [InlineData(40003, "id/1", "")]
    [InlineData(40001, "id/1", "{}")]
    [InlineData(40001, "id/1", """{"method":"flashcall"}""")]
    [InlineData(40001, "id/1", """{"method":"flashcall","flashCall":{"cli":" "}}""")]
    [InlineData(40001, "id/1", """{"method":"sms","sms":{"code":"1234"}}""")]
    [InlineData(40001, "id/1", """{"method":"flashcall","source":"a b","flashCall":{"cli":"+442079460123"}}""")]
    public async Task What_is_not_right_is_refused(int code, string address, string? body)
    {
        await shared.Gateway.RefusedAsync(code, "PUT", $"{Path}/{address}", body ?? SinchGateway.Report());
    }

    [Fact]
    public async Task A_report_before_there_is_a_call_costs_nothing()
    {
        await using var sinch = await SinchGateway.StartAsync();
        var id = (await sinch.AskAsync("POST", Path, SinchGateway.Start())).GetProperty("id").GetString();
        sinch.Instead = context =>
        {
            if (context.Request.Method == "POST")
                SinchGateway.ProblemAsync(context, 409, "nothing_to_report_yet", "No call has been placed yet.").GetAwaiter().GetResult();
            return context.Request.Method == "POST";
        };

        var answer = await sinch.AskAsync("PUT", $"{Path}/id/{id}", SinchGateway.Report());

        Assert.Equal(("FAIL", "Invalid CLI"), (answer.GetProperty("status").GetString(), answer.GetProperty("reason").GetString()));
    }

    [Fact]
    public async Task A_session_is_found_by_its_id_its_number_and_its_reference()
    {
        await using var sinch = await SinchGateway.StartAsync();
        const string Reference = "order 7/ä+%2F?#";
        var older = await sinch.AskAsync("POST", Path, SinchGateway.Start());
        var id = (await sinch.AskAsync("POST", Path, SinchGateway.Start($""","reference":"{Reference}" """))).GetProperty("id").GetString();

        var pending = await sinch.AskAsync("GET", $"{Path}/id/{id}");
        await sinch.AskAsync("PUT", $"{Path}/id/{id}", SinchGateway.Report());
        var byId = await sinch.AskAsync("GET", $"{Path}/id/{id}");

        Assert.Equal("PENDING", pending.GetProperty("status").GetString());
        Assert.False(pending.TryGetProperty("price", out _));
        var price = """{"currencyId":"USD","amount":0}""";
        var time = sinch.Sessions[Guid.Parse(id!)]["createdAt"]!.GetValue<DateTimeOffset>().UtcDateTime
            .ToString("yyyy-MM-dd'T'HH:mm:ss.fff", System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(
            $$$"""{"id":"{{{id}}}","method":"flashcall","status":"SUCCESSFUL","callComplete":true,"reference":"{{{Reference}}}","source":"manual","identity":{"type":"number","endpoint":"+46701740605"},"countryId":"SE","verificationTimestamp":"{{{time}}}","callResult":"CANCEL","price":{"verificationPrice":{{{price}}},"terminationPrice":{{{price}}},"billableDuration":0}}""",
            byId.GetRawText());
        foreach (var address in new[]
        {
            "flashcall/number/+46701740605", "flashCall/number/%2B46701740605", "FLASHCALL/number/+46701740605",
            "reference/" + Uri.EscapeDataString(Reference),
        })
        {
            Assert.Equal(byId.GetRawText(), (await sinch.AskAsync("GET", $"{Path}/{address}")).GetRawText());
        }
        Assert.Equal("PENDING", (await sinch.AskAsync("GET", $"{Path}/id/{older.GetProperty("id").GetString()}")).GetProperty("status").GetString());
        // As a client library writes it that does not escape.
        var slashed = await sinch.AskAsync("POST", Path, SinchGateway.Start(""","reference":"r/s" """, "+46701740606"));
        Assert.Equal(
            slashed.GetProperty("id").GetString(), (await sinch.AskAsync("GET", $"{Path}/reference/r/s")).GetProperty("id").GetString());
    }

    [Theory]
    [InlineData(40400, "id/0199aaaa-0000-7000-8000-000000000000")]
    [InlineData(40400, "flashcall/number/+46701740699")]
    [InlineData(40001, "sms/number/+46701740605")]
    [InlineData(40005, "flashcall/number/0701740605")]
    [InlineData(40001, "flashcall/number/+46%2070")]
    [InlineData(40400, "reference/unknown")]
    [InlineData(40400, "reference/%01")]
    [InlineData(40400, "reference/")]
    [InlineData(40400, "nothing/here")]
    public async Task What_is_not_there_is_not_found(int code, string address)
    {
        await shared.Gateway.RefusedAsync(code, "GET", $"{Path}/{address}");
    }

    [Fact]
    public async Task Another_applications_sessions_are_not_there()
    {
        await using var sinch = await SinchGateway.StartAsync();
        sinch.Instead = context =>
        {
            // The service finds an application's own sessions alone, and knows it by the gateway's token.
            Assert.Equal(sinch.Id, context.User.FindFirst("sub")?.Value);
            return false;
        };
        await sinch.AskAsync("POST", Path, SinchGateway.Start());
        await sinch.AskAsync("GET", $"{Path}/flashcall/number/{SinchGateway.Number}");
    }

    [Fact]
    public async Task Telemetry_of_a_phone_is_handed_on()
    {
        await using var sinch = await SinchGateway.StartAsync();
        var id = (await sinch.AskAsync("POST", Path, SinchGateway.Start())).GetProperty("id").GetString();
        await sinch.AskAsync("PUT", $"{Path}/id/{id}", SinchGateway.Report());
        var address = $"{Path}/number/{SinchGateway.Number}";

        await sinch.AskAsync("PATCH", address, """{"method":"flashcall","data":{"lateCall":true,"noCall":false}}""");
        await sinch.AskAsync("PATCH", address, """{"method":"flashcall","data":{"lateCall":null,"noCall":null}}""");
        await sinch.AskAsync("PATCH", address, """{"method":"flashcall","data":null}""");
        await sinch.RefusedAsync(40400, "PATCH", $"{Path}/number/+46701740699", """{"method":"flashcall","data":{"noCall":true}}""");
        await sinch.RefusedAsync(40001, "PATCH", address, """{"method":"flashcall","data":{"noCall":"perhaps"}}""");

        Assert.Equal("""{"lateCall":true,"noCall":false}""", Assert.Single(sinch.Requests("POST", $"/v1/verifications/{id}/telemetry")).Body);
    }

    [Fact]
    public async Task Other_methods_and_addresses_are_refused_in_the_same_form()
    {
        await using var sinch = await SinchGateway.StartAsync();

        await sinch.RefusedAsync(40500, "DELETE", Path);
        await sinch.RefusedAsync(40400, "GET", "/verification/v1/nothing");
        using var native = await sinch.SendAsync("GET", "/v1/nothing");
        Assert.Equal(HttpStatusCode.NotFound, (await Problem.OfAsync(native)).Status);
    }
}
