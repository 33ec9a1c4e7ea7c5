using System.Net.Http.Json;
using System.Text.Json;
using FlashCall.Testing;
using FlashCall.Verification.Tests.Support;
using Npgsql;

namespace FlashCall.Verification.Tests.Analytics;

/// <summary>Whoever looks back, and what there is to see.</summary>
internal static class Analyst
{
    public const string Read = "analytics:read";
    public const string Unmask = "analytics:unmask";
    public const string Operations = "operations";

    public static HttpClient Analysing(this RunningVerification running, string application, params string[] scopes) =>
        running.Client(minter => minter.Mint(application, scopes.Length == 0 ? [Read] : scopes));

    public static string NewApplication() => $"look-{Guid.NewGuid():N}";

    /// <summary>A session that was verified and whose call is over, with all that may be told of a person.</summary>
    public static async Task<(Guid Id, string Number)> VerifiedAsync(RunningVerification running, string application)
    {
        using var client = running.Client(application);
        var number = ClientExtensions.FreshNumber();
        using var started = await client.PostAsJsonAsync("/v1/verifications", new
        {
            to = number,
            purpose = "login",
            reference = "user-4711",
            metadata = new { campaign = "autumn" },
            client = new { ip = "203.0.113.7", deviceId = "device-of-somebody", userAgent = "browser-of-somebody" },
        });
        var id = (await started.Content.ReadFromJsonAsync<JsonElement>()).Id();
        await client.UntilAsync(id, "ringing");
        await client.ReportAsync(id, new { digits = "0123" });
        await client.UntilAsync(id, "verified");
        // The call's end is the last of it.
        await using var ended = running.Data.CreateCommand("select 'so' from mt_events where stream_id = $1 and type = 'call_ended'");
        ended.Parameters.Add(new NpgsqlParameter { Value = id });
        await Eventually.ValueAsync(async () => (string?)await ended.ExecuteScalarAsync(), "the end of the call");
        return (id, number);
    }

    /// <summary>Every line of a stream that ends.</summary>
    public static async Task<List<JsonElement>> LinesAsync(this HttpClient client, string query)
    {
        using var response = await client.GetAsync($"/v1/analytics/events?{query}");
        var text = await response.Content.ReadAsStringAsync();
        Xunit.Assert.True(response.IsSuccessStatusCode, text);
        Xunit.Assert.EndsWith("\n", text, StringComparison.Ordinal);
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line)).ToList();
    }

    public static IEnumerable<JsonElement> Events(this IEnumerable<JsonElement> lines) => lines.Where(line => line.TryGetProperty("type", out _));
}
