using System.Net.Http.Json;
using System.Text.Json;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Tests.Support;
using Npgsql;
using Xunit;

namespace FlashCall.Verification.Tests.Running;

/// <summary>The list of an application's sessions, and the way to look one up.</summary>
public sealed class ListTests(RunningVerification running)
{
    public static TheoryData<string> Wrong =>
    [
        "limit=0", "limit=101", "limit=ten", "limit=-1", "limit=%D9%A1", "status=done", "purpose=fun", "to=12", "to=abc",
        "createdFrom=yesterday", "createdTo=2026-11-23", "createdFrom=2026-11-23T09:00:00", "after=x", "after=AAAA",
        "after=////////////////////////////////////", "status=verified&status=failed", $"reference={new string('x', 129)}", "reference=%00",
    ];

    [Fact]
    public async Task A_session_is_found_by_its_number_its_reference_its_purpose_and_its_status()
    {
        var application = NewApplication();
        using var client = running.Client(application);
        var number = ClientExtensions.FreshNumber();
        var first = await StartAsync(client, number, "user-1", "login");
        var second = await StartAsync(client, number, "user-2", "kyc");
        var third = await StartAsync(client, ClientExtensions.FreshNumber(), "user-1", "login");
        await client.ReportAsync(third, new { digits = "0123" });

        Assert.Equal([third, second, first], await IdsAsync(client, ""));
        Assert.Equal([second, first], await IdsAsync(client, $"to={Uri.EscapeDataString(number)}"));
        // Left as it is in an address, the plus sign is a space.
        Assert.Equal([second, first], await IdsAsync(client, $"to={number}"));
        Assert.Equal([third, first], await IdsAsync(client, "reference=user-1"));
        Assert.Equal([second], await IdsAsync(client, "purpose=kyc"));
        Assert.Equal([third], await IdsAsync(client, "status=verified"));
        Assert.Equal([first], await IdsAsync(client, "status=superseded&reference=user-1"));
        Assert.Equal([], await IdsAsync(client, "reference=user-3"));
    }

    [Fact]
    public async Task What_is_listed_is_what_the_session_says()
    {
        var application = NewApplication();
        using var client = running.Client(application, replica: 1);
        var id = await StartAsync(client, ClientExtensions.FreshNumber(), "user-1", "lead_validation");
        foreach (var report in new[] { null, "9999", "0123" })
        {
            await client.UntilAsync(id, "ringing");
            if (report is not null)
                await client.ReportAsync(id, new { digits = report });
            var session = await client.ReadAsync(id);
            var listed = Assert.Single((await ListAsync(client, "")).GetProperty("items").EnumerateArray());
            foreach (var member in listed.EnumerateObject())
                Assert.Equal(session.GetProperty(member.Name).GetString(), member.Value.GetString());
            Assert.Equal(session.TryGetProperty("endedAt", out _), listed.TryGetProperty("endedAt", out _));
        }
    }

    [Fact]
    public async Task A_range_takes_its_beginning_in_and_leaves_its_end_out()
    {
        var application = NewApplication();
        using var client = running.Client(application);
        var ids = new List<Guid>();
        for (var session = 0; session < 3; session++)
            ids.Insert(0, await StartAsync(client, ClientExtensions.FreshNumber(), "r", "login"));
        var times = (await ListAsync(client, "")).GetProperty("items").EnumerateArray().Select(item => Uri.EscapeDataString(item.Text("createdAt")!)).ToList();

        Assert.Equal(ids[..2], await IdsAsync(client, $"createdFrom={times[1]}"));
        Assert.Equal(ids[2..], await IdsAsync(client, $"createdTo={times[1]}"));
        Assert.Equal([ids[1]], await IdsAsync(client, $"createdFrom={times[1]}&createdTo={times[0]}"));
        Assert.Equal(ids, await IdsAsync(client, "createdFrom=2020-01-01T00:00:00+02:00"));
    }

    [Fact]
    public async Task Another_applications_sessions_are_not_there()
    {
        using var owner = running.Client(NewApplication());
        var number = ClientExtensions.FreshNumber();
        await StartAsync(owner, number, "user-1", "login");
        await StartAsync(owner, ClientExtensions.FreshNumber(), "user-1", "login");
        var cursor = (await ListAsync(owner, "limit=1")).Text("next");
        using var stranger = running.Client(NewApplication());

        Assert.Equal([], await IdsAsync(stranger, $"to={Uri.EscapeDataString(number)}"));
        Assert.Equal([], await IdsAsync(stranger, $"after={cursor}"));
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task A_wrong_filter_is_named(string query)
    {
        using var client = running.Client();
        using var response = await client.GetAsync($"/v1/verifications?{query}", TestContext.Current.CancellationToken);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal((422, "validation_failed"), ((int)response.StatusCode, problem.Text("code")));
        Assert.Equal(query.Split('=')[0], Assert.Single(problem.GetProperty("errors").EnumerateObject()).Name);
    }

    /// <summary>Sessions in number, many of one moment, more arriving and some ending while the list is read page by page.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Page_by_page_each_session_comes_once_while_others_arrive(int seed)
    {
        var application = NewApplication();
        var random = new Random(seed);
        var now = DateTimeOffset.UtcNow;
        var known = new Dictionary<Guid, DateTimeOffset>();
        await ArriveAsync(random.Next(20, 80), now.AddMinutes(-10), seconds: 20);
        var before = known.OrderByDescending(session => session.Value).ThenByDescending(session => session.Key.ToString("N"), StringComparer.Ordinal)
            .Select(session => session.Key).ToList();
        using var client = running.Client(application, replica: seed % 2);
        var read = new List<Guid>();
        var cursor = "";
        while (cursor is not null)
        {
            var page = await ListAsync(client, $"limit={random.Next(1, 20)}{(cursor.Length > 0 ? $"&after={cursor}" : "")}");
            read.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.Id()));
            cursor = page.TryGetProperty("next", out var next) ? next.GetString()! : null;
            await ArriveAsync(random.Next(0, 5), now, seconds: 5);
            await ExecuteAsync("update verifications set status = 'verified', ended_at = now() where application_id = $1 and id = $2",
                application, before[random.Next(before.Count)]);
        }

        Assert.Equal(before, read.Where(before.Contains));
        Assert.Equal(read.Count, read.Distinct().Count());

        async Task ArriveAsync(int count, DateTimeOffset from, int seconds)
        {
            for (var session = 0; session < count; session++)
            {
                var (id, at) = (Guid.CreateVersion7(), from.AddSeconds(random.Next(seconds)));
                known[id] = at;
                await ExecuteAsync(
                    "insert into verifications (id, application_id, callee, purpose, status, created_at, ended_at) values ($2, $1, '+46701740605', 'login', 'failed', $3, $3)",
                    application, id, at);
            }
        }
    }

    [Fact]
    public void A_cursor_stands_for_its_place()
    {
        var place = new VerificationPlace(new DateTimeOffset(2026, 11, 23, 9, 0, 0, TimeSpan.Zero).AddMicroseconds(7), Guid.CreateVersion7());

        Assert.True(VerificationPlace.TryRead(place.Write(), out var read));
        Assert.Equal(place, read);
        Assert.Matches("^[A-Za-z0-9_-]+$", place.Write());
    }

    private static string NewApplication() => $"list-{Guid.NewGuid():N}";

    private static async Task<Guid> StartAsync(HttpClient client, string to, string reference, string purpose)
    {
        using var response = await client.PostAsJsonAsync("/v1/verifications", new { to, purpose, reference });
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).Id();
    }

    private static Task<JsonElement> ListAsync(HttpClient client, string query) =>
        client.GetFromJsonAsync<JsonElement>($"/v1/verifications?{query}");

    private static async Task<IEnumerable<Guid>> IdsAsync(HttpClient client, string query) =>
        [.. (await ListAsync(client, query)).GetProperty("items").EnumerateArray().Select(item => item.Id())];

    private async Task ExecuteAsync(string sql, params object[] parameters)
    {
        await using var command = running.Data.CreateCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        await command.ExecuteNonQueryAsync();
    }
}
