using System.Net.Http.Json;
using System.Text.Json;
using FlashCall.Testing;
using FlashCall.Verification.Analytics.Stream;
using FlashCall.Verification.Tests.Support;
using Npgsql;
using Xunit;

namespace FlashCall.Verification.Tests.Analytics;

/// <summary>The stream of all events, over HTTP.</summary>
public sealed class StreamTests(RunningVerification running)
{
    [Fact]
    public async Task An_applications_events_come_in_order_and_the_stream_says_where_it_ended()
    {
        var application = Analyst.NewApplication();
        var (first, number) = await Analyst.VerifiedAsync(running, application);
        var (second, _) = await Analyst.VerifiedAsync(running, application);
        await Analyst.VerifiedAsync(running, Analyst.NewApplication());
        using var analyst = running.Analysing(application);

        var lines = await analyst.LinesAsync("");

        var events = lines.Events().ToList();
        Assert.Equal(new HashSet<Guid> { first, second }, events.Select(one => one.GetProperty("verificationId").GetGuid()).ToHashSet());
        Assert.Equal(await StoredAsync(first, second), events.Select(one => one.GetProperty("cursor").GetInt64()));
        Assert.True(lines[^1].GetProperty("end").GetBoolean());
        Assert.True(lines[^1].GetProperty("cursor").GetInt64() >= events[^1].GetProperty("cursor").GetInt64());
        Assert.DoesNotContain(events, one => one.GetRawText().Contains(number[1..], StringComparison.Ordinal));
        using var operating = running.Analysing("operator", Analyst.Read, Analyst.Operations);
        Assert.Equal(
            events.Select(one => one.GetRawText()),
            (await operating.LinesAsync($"application={application}")).Events().Select(one => one.GetRawText()));
    }

    [Fact]
    public async Task Whoever_is_cut_off_after_any_line_goes_on_from_its_cursor()
    {
        var application = Analyst.NewApplication();
        await Analyst.VerifiedAsync(running, application);
        using var analyst = running.Analysing(application);
        var whole = (await analyst.LinesAsync("")).Events().Select(one => one.GetRawText()).ToList();

        var pieces = new List<string>();
        var cursor = 0L;
        while (pieces.Count < whole.Count)
        {
            var next = (await analyst.LinesAsync($"after={cursor}")).Events().First();
            pieces.Add(next.GetRawText());
            cursor = next.GetProperty("cursor").GetInt64();
        }
        Assert.Equal(whole, pieces);
        Assert.Empty((await analyst.LinesAsync($"after={cursor}")).Events());
    }

    [Fact]
    public async Task Filters_narrow_it()
    {
        var application = Analyst.NewApplication();
        var (id, _) = await Analyst.VerifiedAsync(running, application);
        var (other, _) = await Analyst.VerifiedAsync(running, application);
        using var analyst = running.Analysing(application);
        var whole = (await analyst.LinesAsync("")).Events().ToList();

        Assert.Equal(["call_rang", "verification_succeeded"],
            (await analyst.LinesAsync($"type=call_rang,verification_succeeded&verification={id}")).Events().Select(one => one.Text("type")));
        Assert.Equal(whole.Count, (await analyst.LinesAsync("country=SE&country=FR&purpose=login")).Events().Count());
        Assert.Empty((await analyst.LinesAsync("country=FR")).Events());
        Assert.Empty((await analyst.LinesAsync("purpose=kyc")).Events());
        var begun = whole.First(one => one.GetProperty("verificationId").GetGuid() == other).GetProperty("storedAt").GetString()!;
        Assert.Equal(
            whole.Where(one => string.CompareOrdinal(one.Text("storedAt"), begun) >= 0).Select(one => one.GetRawText()),
            (await analyst.LinesAsync($"from={begun}")).Events().Select(one => one.GetRawText()));
        Assert.Equal(whole.Count, (await analyst.LinesAsync($"from={begun}")).Events().Count() + (await analyst.LinesAsync($"to={begun}")).Events().Count());
    }

    [Fact]
    public async Task Every_wrong_filter_is_named()
    {
        using var analyst = running.Analysing(Analyst.NewApplication());

        using var response = await analyst.GetAsync(
            "/v1/analytics/events?from=yesterday&to=2026-11-23&type=call_rung&application=bank&purpose=fun&country=Sweden&verification=1&after=x&follow=yes&numbers=no&typ=call_rang",
            TestContext.Current.CancellationToken);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal((422, "validation_failed"), ((int)response.StatusCode, problem.Text("code")));
        Assert.Equal(
            ["after", "application", "country", "follow", "from", "numbers", "purpose", "to", "typ", "type", "verification"],
            problem.GetProperty("errors").EnumerateObject().Select(error => error.Name));
    }

    [Fact]
    public async Task A_follower_hears_what_comes_and_its_query_ends_with_it()
    {
        var application = Analyst.NewApplication();
        using var analyst = running.Analysing(application);
        using var gone = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var response = await analyst.GetAsync("/v1/analytics/events?follow=true&after=0", HttpCompletionOption.ResponseHeadersRead, gone.Token);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(gone.Token));
        // The first line says how far it has read: nothing there is of this application.
        var cursor = JsonSerializer.Deserialize<JsonElement>((await reader.ReadLineAsync(gone.Token))!);
        Assert.False(cursor.TryGetProperty("type", out _));

        var (id, _) = await Analyst.VerifiedAsync(running, application);
        var seen = new List<string>();
        while (!seen.Contains("verification_succeeded"))
        {
            var line = JsonSerializer.Deserialize<JsonElement>((await reader.ReadLineAsync(gone.Token))!);
            if (!line.TryGetProperty("type", out var type))
                continue;
            Assert.Equal(id, line.GetProperty("verificationId").GetGuid());
            seen.Add(type.GetString()!);
        }
        Assert.Equal(["verification_requested", "risk_assessed"], seen[..2]);

        var streams = (EventStreams)running.Services().GetService(typeof(EventStreams))!;
        Assert.InRange(streams.Free, 0, EventStreams.Most - 1);
        response.Dispose();
        await Eventually.TrueAsync(() => Task.FromResult(streams.Free == EventStreams.Most), "the place of a reader that has gone");
    }

    [Fact]
    public async Task Numbers_are_shown_to_who_may_see_them_and_that_is_entered_before()
    {
        var application = Analyst.NewApplication();
        var (_, number) = await Analyst.VerifiedAsync(running, application);
        using var analyst = running.Analysing(application);
        using var trusted = running.Analysing(application, Analyst.Read, Analyst.Unmask);

        using (var refused = await analyst.GetAsync("/v1/analytics/events?numbers=plain", TestContext.Current.CancellationToken))
            Assert.Equal(403, (int)refused.StatusCode);
        var lines = await trusted.LinesAsync("numbers=plain&type=verification_requested,caller_id_leased");

        var events = lines.Events().ToList();
        Assert.Equal(number, events[0].GetProperty("data").Text("to"));
        Assert.EndsWith("•••••", events[1].GetProperty("data").Text("callerId"), StringComparison.Ordinal);
        await Eventually.ValueAsync(async () =>
        {
            await using var command = running.Data.CreateCommand("select events, filter ->> 'after' from unmasked_reads where application_id = $1");
            command.Parameters.Add(new NpgsqlParameter { Value = application });
            await using var row = await command.ExecuteReaderAsync();
            Assert.True(await row.ReadAsync());
            return !await row.IsDBNullAsync(0) && row.GetInt64(0) == 2 && row.GetString(1) == "0" ? "entered" : null;
        }, "the entry of two events that were shown");
    }

    private async Task<List<long>> StoredAsync(params Guid[] sessions)
    {
        await using var command = running.Data.CreateCommand("select seq_id from mt_events where stream_id = any($1) order by seq_id");
        command.Parameters.Add(new NpgsqlParameter { Value = sessions });
        var stored = new List<long>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            stored.Add(reader.GetInt64(0));
        return stored;
    }
}
