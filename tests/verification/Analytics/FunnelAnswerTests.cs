using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FlashCall.Funnel;
using FlashCall.Verification.Tests.Support;
using Xunit;

namespace FlashCall.Verification.Tests.Analytics;

/// <summary><c>GET /v1/analytics/funnel</c>.</summary>
public sealed class FunnelAnswerTests(RunningVerification running) : IAsyncLifetime
{
    // A year of its own: nothing that the daemon takes in of other tests is near it.
    private static readonly DateTimeOffset Day = new(2031, 3, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly string _shop = $"shop-{Guid.NewGuid():N}";
    private readonly string _bank = $"bank-{Guid.NewGuid():N}";

    public async ValueTask InitializeAsync()
    {
        var log = new List<FunnelEvent>();
        // The day before: 4 asked, 1 verified. The day: 5 asked, 3 verified. The bank: 1 asked, denied.
        for (var one = 0; one < 9; one++)
        {
            var id = Guid.CreateVersion7();
            var at = (one < 4 ? Day.AddDays(-1) : Day).AddHours(one % 2).AddMinutes(one);
            var (seconds, isVerified) = (one + 1, one is 3 or > 5);
            log.AddRange(
            [
                new FunnelEvent(id, FunnelStep.Requested, at) { ApplicationId = _shop, Purpose = one % 2 == 0 ? "login" : "kyc", Country = "SE", Prefix = "+467017" },
                new FunnelEvent(id, FunnelStep.Allowed, at),
                new FunnelEvent(id, FunnelStep.Leased, at) { Trunk = "carrier-1" },
                new FunnelEvent(id, FunnelStep.Rang, at.AddSeconds(seconds)),
                new FunnelEvent(id, FunnelStep.CallEnded, at.AddSeconds(9))
                {
                    Trunk = "carrier-2",
                    Dialled = true,
                    Answered = one > 6,
                    Cost = one == 7 ? 0.05m : null,
                    Currency = one == 7 ? "EUR" : null,
                },
                new FunnelEvent(id, FunnelStep.Ended, at.AddSeconds(30)) { Outcome = isVerified ? "verified" : "expired", Reason = isVerified ? null : "not_reported" },
            ]);
        }
        var denied = Guid.CreateVersion7();
        log.Add(new FunnelEvent(denied, FunnelStep.Requested, Day) { ApplicationId = _bank, Purpose = "login", Country = "+979", Prefix = "+97912" });
        log.Add(new FunnelEvent(denied, FunnelStep.Ended, Day) { Outcome = "denied", Reason = "destination_not_allowed" });
        // Straight into the tables: how far the log is counted is the daemon's to say.
        await using var connection = await running.Data.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var live = await LiveFunnel.LockAsync(connection, CancellationToken.None);
        await new FunnelTables(live.Generation).TakeInAsync(connection, log, live.Seq, CancellationToken.None);
        await transaction.CommitAsync();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task An_application_sees_how_far_its_own_sessions_came()
    {
        var answer = await AskAsync(_shop, "");

        var figures = Assert.Single(answer.GetProperty("rows").EnumerateArray()).GetProperty("figures");
        Assert.Equal((5, 5, 5, 5, 2, 3), (Of("requested"), Of("allowed"), Of("dialled"), Of("rang"), Of("answered"), Of("verified")));
        Assert.Equal(0.6, figures.GetProperty("conversion").GetDouble());
        // The third of 5, 6, 7, 8 and 9 seconds, and the last.
        AssertNear(7000, figures.GetProperty("timeToRing").GetProperty("p50").GetInt64());
        AssertNear(9000, figures.GetProperty("timeToRing").GetProperty("p95").GetInt64());
        AssertNear(30_000, figures.GetProperty("timeToVerify").GetProperty("p50").GetInt64());
        Assert.Equal("""[{"outcome":"expired","reason":"not_reported","sessions":2}]""", figures.GetProperty("notVerified").GetRawText());
        Assert.False(figures.TryGetProperty("costs", out _));

        int Of(string step) => figures.GetProperty(step).GetInt32();
    }

    [Fact]
    public async Task Two_spans_stand_side_by_side_hour_by_hour()
    {
        var answer = await AskAsync(_shop, $"&groupBy=purpose,hour&compareFrom={Time(Day.AddDays(-1))}&compareTo={Time(Day)}");

        Assert.Equal(
            [
                "2031-03-01T00:00:00Z login 3 2 1 verified 2 0 2",
                "2031-03-01T01:00:00Z kyc 2 2 0 verified 1 1 0",
            ],
            answer.GetProperty("rows").EnumerateArray().Select(row => string.Create(CultureInfo.InvariantCulture,
                $"{row.GetProperty("group").Text("hour")} {row.GetProperty("group").Text("purpose")} {Of(row, "figures", "requested")} "
                + $"{Of(row, "before", "requested")} {Of(row, "difference", "requested")} verified {Of(row, "figures", "verified")} "
                + $"{Of(row, "before", "verified")} {Of(row, "difference", "verified")}")));

        static int Of(JsonElement row, string which, string step) => row.GetProperty(which).GetProperty(step).GetInt32();
    }

    [Fact]
    public async Task An_operator_sees_all_applications_trunks_and_what_a_verified_number_costs()
    {
        var answer = await AskAsync("operator", $"&groupBy=application,trunk&application={_shop},{_bank}", "operations");

        var rows = answer.GetProperty("rows").EnumerateArray().ToDictionary(row => row.GetProperty("group").Text("application")!, StringComparer.Ordinal);
        Assert.Equal(2, rows.Count);
        Assert.Equal("carrier-2", rows[_shop].GetProperty("group").Text("trunk"));
        Assert.Equal("", rows[_bank].GetProperty("group").Text("trunk"));
        Assert.Equal(
            """{"billedCalls":2,"unpricedCalls":1,"amounts":[{"currency":"EUR","amount":0.05,"perVerified":0.016667}]}""",
            rows[_shop].GetProperty("figures").GetProperty("costs").GetRawText());
        Assert.Equal("destination_not_allowed", rows[_bank].GetProperty("figures").GetProperty("notVerified")[0].Text("reason"));
    }

    [Theory]
    [InlineData("&country=%2B979", 0)]
    [InlineData("&country=SE,GB&prefix=%2B467017&purpose=login", 3)]
    [InlineData("&prefix=467017&purpose=kyc", 2)]
    public async Task What_counts_can_be_narrowed_down(string filter, int requested)
    {
        var answer = await AskAsync(_shop, filter);
        Assert.Equal(requested, answer.GetProperty("rows")[0].GetProperty("figures").GetProperty("requested").GetInt32());
    }

    [Theory]
    [InlineData("?to=2031-03-02T00:00:00Z", "from")]
    [InlineData("?from=2031-03-01T00:30:00Z&to=2031-03-02T00:00:00Z", "from")]
    [InlineData("?from=2031-03-01T00:00:00Z&to=2031-03-01T00:00:00Z", "to")]
    [InlineData("?from=2031-03-01T00:00:00Z&to=2131-03-01T00:00:00Z", "to")]
    [InlineData("?from=2031-03-01T00:00:00Z&to=2031-03-02T00:00:00Z&compareFrom=2031-02-01T00:00:00Z", "compareTo")]
    [InlineData("?from=2031-03-01T00:00:00Z&to=2031-03-02T00:00:00Z&groupBy=number", "groupBy")]
    [InlineData("?from=2031-03-01T00:00:00Z&to=2031-03-02T00:00:00Z&purpose=fun", "purpose")]
    [InlineData("?from=2031-03-01T00:00:00Z&to=2031-03-02T00:00:00Z&group=hour", "group")]
    public async Task A_request_that_is_wrong_is_told_which_parameter_and_what_would_be_right(string query, string field)
    {
        using var client = Client(_shop);
        using var response = await client.GetAsync($"/v1/analytics/funnel{query}");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("validation_failed", problem.Text("code"));
        Assert.Equal(field, Assert.Single(problem.GetProperty("errors").EnumerateObject()).Name);
    }

    [Theory]
    [InlineData("&groupBy=trunk")]
    [InlineData("&trunk=carrier-1")]
    [InlineData("&application=another")]
    public async Task Carriers_and_other_applications_are_an_operators_to_see(string query)
    {
        using var client = Client(_shop);
        using var response = await client.GetAsync($"/v1/analytics/funnel?from={Time(Day)}&to={Time(Day.AddDays(1))}{query}");
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Fact]
    public async Task It_needs_the_analysts_scope()
    {
        using var client = running.Client(_shop);
        using var response = await client.GetAsync($"/v1/analytics/funnel?from={Time(Day)}&to={Time(Day.AddDays(1))}");
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    private HttpClient Client(string application, params string[] further) =>
        running.Client(minter => minter.Mint(application, ["analytics:read", .. further]));

    private async Task<JsonElement> AskAsync(string application, string query, params string[] further)
    {
        using var client = Client(application, further);
        using var response = await client.GetAsync($"/v1/analytics/funnel?from={Time(Day)}&to={Time(Day.AddDays(1))}{query}");
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(response.IsSuccessStatusCode, answer.ToString());
        return answer;
    }

    private static void AssertNear(double exact, long told) =>
        Assert.InRange(told, Math.Floor(exact / (1 + TimeBuckets.RelativeError)), Math.Ceiling(exact * (1 + TimeBuckets.RelativeError)));

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
