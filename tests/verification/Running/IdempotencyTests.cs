using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Testing;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace FlashCall.Verification.Tests.Running;

/// <summary>A start that is made again under its key is the same start.</summary>
public sealed class IdempotencyTests(RunningVerification running)
{
    [Fact]
    public async Task A_repeat_gets_the_same_answer_byte_for_byte_at_any_replica_whatever_has_happened_since()
    {
        var (key, body) = (NewKey(), Body(ClientExtensions.FreshNumber()));
        var first = await StartAsync(key, body);
        using var client = running.Client();
        await client.ReportAsync(first.Id, new { digits = "0123" });
        await client.UntilAsync(first.Id, "verified");

        Assert.Equal(first, await StartAsync(key, body));
        Assert.Equal(first, await StartAsync(key, body, replica: 1));
        Assert.Single(running.Peers.Received[first.Id].OfType<AssessRisk>());
    }

    [Fact]
    public async Task Another_spelling_of_the_same_body_is_a_repeat()
    {
        var (key, number) = (NewKey(), ClientExtensions.FreshNumber());
        var first = await StartAsync(key, Body(number));

        Assert.Equal(first, await StartAsync(key, $$"""{ "purpose": "login", "to": "{{number.Replace("+", "\\u002B", StringComparison.Ordinal)}}" }"""));
    }

    [Fact]
    public async Task Another_body_under_the_key_is_refused_and_begins_nothing()
    {
        var (key, number) = (NewKey(), ClientExtensions.FreshNumber());
        var first = await StartAsync(key, Body(number));
        using var response = await SendAsync(key, Body(number, "kyc"));

        Assert.Equal(422, (int)response.StatusCode);
        Assert.Equal("idempotency_key_reused", (await response.Content.ReadFromJsonAsync<JsonElement>()).Text("code"));
        using var client = running.Client();
        Assert.NotEqual("superseded", (await client.ReadAsync(first.Id)).Text("status"));
    }

    [Fact]
    public async Task Many_at_once_over_replicas_begin_one_session_and_are_answered_alike()
    {
        var (key, body) = (NewKey(), Body(ClientExtensions.FreshNumber()));
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(index => StartAsync(key, body, index % 2)));

        Assert.Single(answers.Distinct());
        Assert.Single(running.Peers.Received[answers[0].Id].OfType<AssessRisk>());
        using var client = running.Client();
        Assert.NotEqual("superseded", (await client.ReadAsync(answers[0].Id)).Text("status"));
    }

    [Fact]
    public async Task Whoever_lost_the_connection_before_the_answer_finds_the_session_at_another_replica()
    {
        var (key, number) = (NewKey(), ClientExtensions.FreshNumber());
        // Nothing comes of the risk for now, so that the answer is still to come when the connection is lost.
        running.Peers.Scripts[number] = new Script { OnAssessRisk = _ => null };
        using var lost = new CancellationTokenSource();
        var unanswered = SendAsync(key, Body(number), cancellationToken: lost.Token);
        var session = Guid.Empty;
        await Eventually.TrueAsync(async () => (session = await SessionOfAsync(key)) != Guid.Empty, "a session under the key");
        await lost.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => unanswered);

        var answer = await StartAsync(key, Body(number), replica: 1);

        Assert.Equal(session, answer.Id);
        Assert.Single(await running.Peers.WaitForAsync<AssessRisk>(session));
        Assert.Equal(answer, await StartAsync(key, Body(number)));
    }

    [Fact]
    public async Task An_answer_that_came_too_early_for_the_prefix_stays_as_it_was()
    {
        var (key, number) = (NewKey(), ClientExtensions.FreshNumber());
        var command = new TaskCompletionSource<AssessRisk>(TaskCreationOptions.RunContinuationsAsynchronously);
        running.Peers.Scripts[number] = new Script
        {
            OnAssessRisk = asked =>
            {
                command.TrySetResult(asked);
                return null;
            },
        };
        var first = await StartAsync(key, Body(number));
        Assert.DoesNotContain("flashCall", first.Body, StringComparison.Ordinal);
        await running.Peers.TellAsync(Answers.Allow(await command.Task));
        using var client = running.Client();
        await client.UntilAsync(first.Id, "ringing");

        Assert.Equal(first, await StartAsync(key, Body(number), replica: 1));
    }

    [Fact]
    public async Task A_key_is_each_applications_own()
    {
        var (key, number) = (NewKey(), ClientExtensions.FreshNumber());
        var one = await StartAsync(key, Body(number), application: "one");
        var other = await StartAsync(key, Body(number, "kyc"), application: "other");

        Assert.NotEqual(one.Id, other.Id);
    }

    [Fact]
    public async Task A_refused_start_uses_no_key_up()
    {
        var (key, number) = (NewKey(), ClientExtensions.FreshNumber());
        using var refused = await SendAsync(key, """{"to":"12","purpose":"login"}""");
        Assert.Equal(422, (int)refused.StatusCode);

        await StartAsync(key, Body(number));
    }

    [Fact]
    public async Task After_a_day_the_key_is_free_swept_or_not()
    {
        var (key, number) = (NewKey(), ClientExtensions.FreshNumber());
        var first = await StartAsync(key, Body(number));
        await ExecuteAsync("update idempotency_keys set created_at = created_at - interval '24 hours 1 second' where key = $1", key);

        var second = await StartAsync(key, Body(number, "kyc"));
        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal(second, await StartAsync(key, Body(number, "kyc"), replica: 1));
    }

    [Fact]
    public async Task The_sweep_takes_what_is_a_day_old_and_leaves_the_rest()
    {
        var (old, young) = (NewKey(), NewKey());
        await StartAsync(old, Body(ClientExtensions.FreshNumber()));
        await StartAsync(young, Body(ClientExtensions.FreshNumber()));
        await ExecuteAsync("update idempotency_keys set created_at = created_at - interval '24 hours 1 second' where key = $1", old);

        await running.Services().GetRequiredService<IdempotencyKeys>().SweepAsync(TestContext.Current.CancellationToken);

        Assert.Equal((Guid.Empty, true), (await SessionOfAsync(old), await SessionOfAsync(young) != Guid.Empty));
    }

    private static string NewKey() => $"key-{Guid.NewGuid()}";

    private static string Body(string number, string purpose = "login") => $$"""{"to":"{{number}}","purpose":"{{purpose}}"}""";

    private async Task<HttpResponseMessage> SendAsync(
        string key, string body, int replica = 0, string application = "demo", CancellationToken cancellationToken = default)
    {
        using var client = running.Client(application, replica);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/verifications")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
            Headers = { { "Idempotency-Key", key } },
        };
        return await client.SendAsync(request, cancellationToken);
    }

    private async Task<Answer> StartAsync(string key, string body, int replica = 0, string application = "demo")
    {
        using var response = await SendAsync(key, body, replica, application: application);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == System.Net.HttpStatusCode.Created, text);
        return new Answer(
            JsonSerializer.Deserialize<JsonElement>(text).Id(), text, response.Headers.Location!.ToString(), response.Headers.ETag?.Tag);
    }

    private async Task<Guid> SessionOfAsync(string key)
    {
        await using var find = running.Data.CreateCommand("select verification_id from idempotency_keys where key = $1");
        find.Parameters.Add(new() { Value = key });
        return await find.ExecuteScalarAsync() is Guid id ? id : Guid.Empty;
    }

    private async Task ExecuteAsync(string sql, string key)
    {
        await using var command = running.Data.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter { Value = key });
        Assert.Equal(1, await command.ExecuteNonQueryAsync());
    }

    private sealed record Answer(Guid Id, string Body, string Location, string? Tag);
}
