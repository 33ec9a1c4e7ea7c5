using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FlashCall.Verification.Tests.Support;
using Npgsql;
using Xunit;

namespace FlashCall.Verification.Tests.Running;

/// <summary>Bad input has its own error each, and leaves no trace in the store.</summary>
public sealed class RefusalTests(RunningVerification running)
{
    public static TheoryData<string, int, string> BadStarts => new()
    {
        { "not json", 400, "malformed_json" },
        { "", 400, "bad_request" },
        { "[]", 400, "malformed_json" },
        { """{"to":46701740605,"purpose":"login"}""", 400, "malformed_json" },
        { """{"to":"+46701740605","purpose":"login","client":"here"}""", 400, "malformed_json" },
        { """{"to":"+46701740605","to":"+46701740606","purpose":"login"}""", 400, "malformed_json" },
        { """{"purpose":"login"}""", 422, "missing_number" },
        { """{"to":"0701740605","purpose":"login"}""", 422, "invalid_number" },
        { """{"to":"+4670","purpose":"login"}""", 422, "invalid_number" },
        { """{"to":"+999123456789","purpose":"login"}""", 422, "invalid_number" },
        { """{"to":"+46701740605;ext=1","purpose":"login"}""", 422, "invalid_number" },
        { """{"to":"0701740605","purpose":"login"}""", 422, "invalid_number" },
        { """{"to":"0046701740605","purpose":"login"}""", 422, "invalid_number" },
        { """{"to":"0701740605","defaultRegion":"US","purpose":"login"}""", 422, "invalid_number" },
        { """{"to":"+46701740605","defaultRegion":"XX","purpose":"login"}""", 422, "validation_failed" },
        { """{"to":"+46701740605","defaultRegion":"se","purpose":"login"}""", 422, "validation_failed" },
        { """{"to":"+46701740605","purpose":"login","client":{"canIntercept":true,"manualOnly":true}}""", 422, "validation_failed" },
        { """{"to":"+46701740605","purpose":"login","client":{"canIntercept":"yes"}}""", 400, "malformed_json" },
        { """{"to":"+46701740605","purpose":"login","flashCall":{"dialTimeout":4}}""", 422, "validation_failed" },
        { """{"to":"+46701740605","purpose":"login","flashCall":{"interceptionTimeout":121}}""", 422, "validation_failed" },
        { """{"to":"+46701740605","purpose":"login","flashCall":{"dialTimeout":5.5}}""", 400, "malformed_json" },
        { """{"to":"+46701740605","purpose":"login","transaction":"100 SEK"}""", 422, "validation_failed" },
        { """{"to":"+46701740605","purpose":"login","transaction":{"amount":9007199254740993}}""", 422, "validation_failed" },
        { """{"to":"+46701740605","purpose":"login","transaction":{"amount":1e999}}""", 422, "validation_failed" },
        { """{"to":"+46701740605","purpose":"login","transaction":{"note":"\ud800"}}""", 422, "validation_failed" },
        { """{"to":"+46701740605","purpose":"login","transaction":{"a":1,"a":2}}""", 400, "malformed_json" },
        { $$$"""{"to":"+46701740605","purpose":"login","transaction":{"note":"{{{new string('x', 4096)}}}"}}""", 422, "validation_failed" },
        { """{"to":"+46701740605","purpose":"login","reference":"a\u0000b"}""", 422, "validation_failed" },
        { """{"to":"+46701740605","purpose":"login","metadata":{"a":"\u0000"}}""", 422, "validation_failed" },
        { """{"to":"+46701740605","purpose":"login","client":{"userAgent":"\u0000"}}""", 422, "validation_failed" },
        { """{"to":"+46701740605","purpose":"login","reference":"\ud800"}""", 400, "malformed_json" },
        { "null", 400, "malformed_json" },
        { "[]", 400, "malformed_json" },
        { """{"to":"+46701740605"}""", 422, "validation_failed" },
        { """{"to":"+46701740605","purpose":"fun"}""", 422, "validation_failed" },
        { """{"to":"+46701740605","purpose":"login","client":{"ip":"nowhere"}}""", 422, "validation_failed" },
        { """{"to":"+46701740605","purpose":"login","metadata":{"a":null}}""", 422, "validation_failed" },
        { $$"""{"to":"+46701740605","purpose":"login","reference":"{{new string('x', 129)}}"}""", 422, "validation_failed" },
    };

    public static TheoryData<string, int, string> BadReports => new()
    {
        { "{", 400, "malformed_json" },
        { "{}", 422, "validation_failed" },
        { """{"callerId":"+442079460123","digits":"0123"}""", 422, "validation_failed" },
        { """{"callerId":"Mum"}""", 422, "validation_failed" },
        { """{"callerId":"123"}""", 422, "validation_failed" },
        { $$"""{"callerId":"+44 {{new string('0', 61)}}"}""", 422, "validation_failed" },
        { """{"callerId":"12345678901234567890123"}""", 422, "validation_failed" },
        { """{"callerId":"+442079460123","withheld":true}""", 422, "validation_failed" },
        { """{"digits":"0123","withheld":true}""", 422, "validation_failed" },
        { """{"withheld":false}""", 422, "validation_failed" },
        { """{"withheld":"yes"}""", 400, "malformed_json" },
        { """{"callerId":123}""", 400, "malformed_json" },
        { """{"digits":"12a4"}""", 422, "validation_failed" },
        { """{"digits":"٠١٢٣"}""", 422, "validation_failed" },
        { """{"digits":"012"}""", 422, "too_few_digits" },
        { """{"digits":"0123","source":"guessed"}""", 422, "validation_failed" },
        { """{"digits":"0123","sourceText":"by hand"}""", 422, "validation_failed" },
        { """{"digits":"0123","sourceText":""}""", 422, "validation_failed" },
    };

    [Theory]
    [MemberData(nameof(BadStarts))]
    public async Task A_bad_start_is_refused_and_leaves_no_stream(string body, int status, string code)
    {
        var application = $"bad-{Guid.NewGuid():N}";
        using var client = running.Client(application);
        using var response = await client.PostAsync("/v1/verifications", JsonBody(body));

        await AssertProblemAsync(response, status, code);
        Assert.Equal(0L, await CountAsync("select count(*) from mt_events where data ->> 'applicationId' = $1", application));
    }

    [Fact]
    public async Task Every_wrong_field_is_named_at_once()
    {
        using var client = running.Client();
        using var response = await client.PostAsync("/v1/verifications", JsonBody("""{"to":"12","purpose":"fun","client":{"ip":"x"}}"""));

        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(["client.ip", "purpose", "to"], problem.GetProperty("errors").EnumerateObject().Select(field => field.Name).Order(StringComparer.Ordinal));
        Assert.Contains("onboarding", problem.Text("detail"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(BadReports))]
    public async Task A_bad_report_is_refused_and_does_not_count(string body, int status, string code)
    {
        using var client = running.Client();
        var id = (await client.StartAsync()).Id();
        await client.UntilAsync(id, "ringing");
        using var response = await client.PostAsync($"/v1/verifications/{id}/report", JsonBody(body));

        await AssertProblemAsync(response, status, code);
        Assert.Equal(3, (await client.ReadAsync(id)).GetProperty("reportsLeft").GetInt32());
        Assert.Equal(0L, await CountAsync("select count(*) from mt_events where type = 'report_received' and stream_id = $1", id));
    }

    [Fact]
    public async Task A_report_after_the_end_is_refused()
    {
        using var client = running.Client();
        var id = (await client.StartAsync()).Id();
        await client.ReportAsync(id, new { digits = "0123" });
        using var again = await client.PostAsJsonAsync($"/v1/verifications/{id}/report", new { digits = "0123" });

        await AssertProblemAsync(again, 409, "verification_ended");
    }

    [Fact]
    public async Task A_cancelled_session_takes_no_report_and_cancels_again_without_a_change()
    {
        using var client = running.Client();
        var id = (await client.StartAsync()).Id();
        using var first = await client.PostAsync($"/v1/verifications/{id}/cancel", content: null);
        using var second = await client.PostAsync($"/v1/verifications/{id}/cancel", content: null);
        using var report = await client.PostAsJsonAsync($"/v1/verifications/{id}/report", new { digits = "0123" });

        Assert.Equal((200, 200), ((int)first.StatusCode, (int)second.StatusCode));
        await AssertProblemAsync(report, 409, "verification_ended");
        Assert.Equal("cancelled", (await client.ReadAsync(id)).Text("status"));
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("POST", "/report")]
    [InlineData("POST", "/cancel")]
    [InlineData("GET", "/events")]
    [InlineData("POST", "/telemetry")]
    public async Task A_foreign_session_looks_like_none(string method, string action)
    {
        using var owner = running.Client("owner");
        var id = (await owner.StartAsync()).Id();
        using var stranger = running.Client("stranger");
        using var foreign = await stranger.SendAsync(Request(method, $"/v1/verifications/{id}{action}"));
        using var unknown = await stranger.SendAsync(Request(method, $"/v1/verifications/{Guid.CreateVersion7()}{action}"));

        var (one, other) = (await Normalised(foreign), await Normalised(unknown));
        Assert.Equal(404, (int)foreign.StatusCode);
        Assert.Equal(one, other);
        Assert.Contains("verification_not_found", one, StringComparison.Ordinal);

        static async Task<string> Normalised(HttpResponseMessage response)
        {
            var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
            return string.Join(" ", problem.EnumerateObject().Where(member => member.Name != "traceId").Select(member => member.ToString()));
        }
    }

    [Fact]
    public async Task Without_a_token_of_the_gateway_nothing_is_answered()
    {
        using var client = running.Client();
        client.DefaultRequestHeaders.Authorization = null;
        using var none = await client.PostAsync("/v1/verifications", JsonBody("{}"));
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "fck_wrong");
        using var wrong = await client.GetAsync($"/v1/verifications/{Guid.CreateVersion7()}");

        await AssertProblemAsync(none, 401, "unauthorized");
        await AssertProblemAsync(wrong, 401, "unauthorized");
    }

    [Fact]
    public async Task Another_media_type_is_refused()
    {
        using var client = running.Client();
        using var response = await client.PostAsync("/v1/verifications", new StringContent("to=+46701740605", Encoding.UTF8, "application/x-www-form-urlencoded"));

        await AssertProblemAsync(response, 415, "unsupported_media_type");
    }

    private static HttpRequestMessage Request(string method, string path) =>
        new(new HttpMethod(method), path) { Content = method == "POST" ? JsonBody("""{"digits":"0123","noCall":true}""") : null };

    private static StringContent JsonBody(string body) => new(body, Encoding.UTF8, "application/json");

    private static async Task AssertProblemAsync(HttpResponseMessage response, int status, string code)
    {
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((status, code), ((int)response.StatusCode, problem.Text("code")));
        Assert.Equal(32, problem.Text("traceId")!.Length);
        Assert.NotEmpty(problem.Text("detail")!);
    }

    private async Task<long> CountAsync(string sql, object parameter)
    {
        await using var command = running.Data.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
