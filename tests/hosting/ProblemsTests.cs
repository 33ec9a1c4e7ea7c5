using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Xunit;

namespace FlashCall.Hosting.Tests;

/// <summary>Errors as a client sees them, from a service on a real port.</summary>
public sealed class ProblemsTests : IAsyncLifetime
{
    private RunningApp? _running;

    private HttpClient Client => _running!.Client;

    public async ValueTask InitializeAsync()
    {
        var builder = PlatformHost.CreateBuilder(["--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=None"], "test");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = 1024);
        var app = builder.Build().UsePlatformDefaults();
        app.MapGet("/broken", string () => throw new InvalidOperationException("the secret of the house"));
        app.MapPost("/things", (Thing thing) => thing.Name);
        app.MapGet("/taken", () => Problems.Problem(409, "name_taken", "Name taken", "Choose another name.",
            new Dictionary<string, string[]>(StringComparer.Ordinal) { ["client.name"] = ["Taken."] }));
        _running = await RunningApp.StartAsync(app);
    }

    public ValueTask DisposeAsync() => _running!.DisposeAsync();

    [Fact]
    public async Task A_problem_has_everything_a_client_needs()
    {
        var problem = await ProblemAsync(await Client.GetAsync("/taken"), 409, "name_taken");
        Assert.Equal("/problems/name-taken", (string?)problem["type"]);
        Assert.Equal("Name taken", (string?)problem["title"]);
        Assert.Equal("Choose another name.", (string?)problem["detail"]);
        Assert.Equal("Taken.", (string?)problem["errors"]!["client.name"]![0]);
    }

    [Fact]
    public async Task What_breaks_inside_stays_inside()
    {
        var problem = await ProblemAsync(await Client.GetAsync("/broken"), 500, "internal_error");
        Assert.DoesNotContain("secret", problem.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("traceId", (string?)problem["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_address_is_a_problem() => await ProblemAsync(await Client.GetAsync("/nowhere"), 404, "not_found");

    [Fact]
    public async Task A_wrong_method_is_a_problem()
    {
        var response = await Client.GetAsync("/things");
        await ProblemAsync(response, 405, "method_not_allowed");
        Assert.Equal(["POST"], response.Content.Headers.Allow);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    [InlineData("{} {}")]
    public async Task What_is_no_json_of_the_kind_is_a_problem(string body)
    {
        var response = await PostAsync(body);
        var problem = await ReadAsync(response);
        Assert.Equal(400, (int)response.StatusCode);
        Assert.True((string?)problem["code"] is "malformed_json" or "bad_request", problem.ToJsonString());
    }

    [Fact]
    public async Task A_field_of_the_wrong_type_is_named()
    {
        var problem = await ProblemAsync(await PostAsync("""{ "name": "a", "size": { "height": "tall" } }"""), 400, "malformed_json");
        Assert.Equal("Wrong type or form.", (string?)problem["errors"]!["size.height"]![0]);
        Assert.Contains("'size.height'", (string?)problem["detail"], StringComparison.Ordinal);
        Assert.DoesNotContain("System.", problem.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_field_that_is_missing_is_a_problem()
    {
        var problem = await ReadAsync(await PostAsync("""{ "size": { "height": 1 } }"""));
        Assert.Equal("malformed_json", (string?)problem["code"]);
        Assert.DoesNotContain("Hosting.Tests", problem.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_a_problem() =>
        await ProblemAsync(await PostAsync($$"""{ "name": "{{new string('x', 2000)}}" }"""), 413, "body_too_large");

    [Fact]
    public async Task Another_media_type_is_a_problem() =>
        await ProblemAsync(await Client.PostAsync("/things",
            new StringContent("name=a", MediaTypeHeaderValue.Parse("application/x-www-form-urlencoded"))), 415, "unsupported_media_type");

    [Fact]
    public async Task Good_input_gets_through()
    {
        var response = await PostAsync("""{ "name": "a", "size": { "height": 1 } }""");
        Assert.Equal((HttpStatusCode.OK, "a"), (response.StatusCode, await response.Content.ReadAsStringAsync()));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(405)]
    [InlineData(406)]
    [InlineData(408)]
    [InlineData(413)]
    [InlineData(414)]
    [InlineData(415)]
    [InlineData(418)]
    [InlineData(429)]
    [InlineData(431)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    [InlineData(599)]
    public void Every_status_has_a_code_and_says_something(int status)
    {
        var problem = Problems.ForStatus(status);
        Assert.Matches("^[a-z_]+$", (string)problem.Extensions["code"]!);
        Assert.Equal($"/problems/{((string)problem.Extensions["code"]!).Replace('_', '-')}", problem.Type);
        Assert.NotEmpty(problem.Title!);
        Assert.NotEmpty(problem.Detail!);
        Assert.Equal(status / 100, problem.Status / 100);
    }

    [Fact]
    public async Task Health_is_told_without_a_problem()
    {
        foreach (var path in (string[])["/health/live", "/health/ready"])
        {
            var response = await Client.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal("healthy", (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["status"]);
        }
    }

    private Task<HttpResponseMessage> PostAsync(string body) =>
        Client.PostAsync("/things", new StringContent(body, Encoding.UTF8, "application/json"));

    private static async Task<JsonNode> ProblemAsync(HttpResponseMessage response, int status, string code)
    {
        var problem = await ReadAsync(response);
        Assert.Equal((status, code, status), ((int)response.StatusCode, (string?)problem["code"], (int?)problem["status"]));
        return problem;
    }

    private static async Task<JsonNode> ReadAsync(HttpResponseMessage response)
    {
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Matches("^[0-9a-f]{32}$", (string?)problem["traceId"]);
        return problem;
    }

    private sealed record Thing
    {
        public required string Name { get; init; }

        public Size? Size { get; init; }
    }

    private sealed record Size(int Height);
}
