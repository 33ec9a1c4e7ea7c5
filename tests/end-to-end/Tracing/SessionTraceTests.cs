using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using FlashCall.EndToEnd.Tests.PublicApi;
using FlashCall.EndToEnd.Tests.Running;
using Microsoft.AspNetCore.Http;
using Npgsql;
using Xunit;

namespace FlashCall.EndToEnd.Tests.Tracing;

/// <summary>What Jaeger gets to see of sessions, as the services of a running platform export it.</summary>
[Collection(Platform.OneAtATime)]
public sealed partial class SessionTraceTests(Platform platform)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(40);

    /// <summary>How ids of traces begin that are exported whatever happens, where half of them are.</summary>
    private const string WithinTheRatio = "10";

    /// <summary>And of those that need a reason.</summary>
    private const string OutsideTheRatio = "70";

    private static readonly string[] All =
        ["flashcall-dialer", "flashcall-fraud", "flashcall-gateway", "flashcall-number-pool", "flashcall-verification"];

    [Fact]
    public async Task A_session_is_one_whole_trace_however_it_ends()
    {
        await using var receiver = await WebhookTests.ReceiverAsync(Channel.CreateUnbounded<(IHeaderDictionary, string)>().Writer);
        var application = await platform.AddApplicationAsync(new { id = "traced", name = "Traced", scopes = Platform.ClientScopes });
        using var backend = platform.Http(application.ApiKey);
        var (created, webhook) = await backend.AskAsync(new HttpRequestMessage(HttpMethod.Post, "/v1/webhooks")
        {
            Content = JsonContent.Create(new { url = $"{receiver.Urls.Single()}/traced", events = (string[])["verification.ended"] }),
        });
        Assert.True(created == 201, $"Expected 201, got {created}: {webhook}");

        var refused = await RefusedAsync(backend);
        var (dropped, droppedId) = await StartAsync(backend, "+4915112345678", OutsideTheRatio);
        Trace[] traces = [refused, await FailedAsync(backend), await VerifiedAsync(backend)];

        Assert.All(traces, trace =>
        {
            // The one span whose parent is elsewhere is the gateway's: its parent is the client's own.
            var root = Assert.Single(trace.Roots);
            Assert.Equal(("flashcall-gateway", ActivityKind.Server), (root.Service, root.Kind));
            Assert.NotNull(root.ParentSpanId);
            // A message's handling stands below its sending.
            Assert.All(trace.Spans.Where(span => span.Kind is ActivityKind.Consumer), span => Assert.Contains(
                trace.AncestorsOf(span), above => above.Kind is ActivityKind.Producer && above.Service != span.Service));
            var webhook = Assert.Single(trace.Spans, span => span.Name == "webhook deliver");
            Assert.Contains(root, trace.AncestorsOf(webhook));
            Platform.AssertNoNumberIn(Text(trace), $"The trace {trace}");
        });
        Assert.All(traces.SelectMany(trace => trace.Spans).Where(span => span.Scope == "MassTransit"), span =>
        {
            Assert.Equal("rabbitmq", span.Attributes["messaging.system"]);
            Assert.Equal(span.Name.Split(' ')[0], span.Attributes["messaging.operation.type"]);
            Assert.NotEmpty((string)span.Attributes["messaging.message.id"]!);
        });
        // Nothing else begins a trace: no poll, and nothing that replicas tell each other.
        Assert.All(platform.Traces.Spans.Where(span => span.ParentSpanId is null), span => Assert.True(
            span.Kind is ActivityKind.Server or ActivityKind.Internal || span.Name == "webhook deliver",
            $"{span.Service} begins a trace with {span.Name}"));
        // One that went well, while others came and went.
        using (var session = await backend.GetAsync(new Uri($"/v1/verifications/{droppedId}", UriKind.Relative)))
            Assert.Equal("denied", (await session.Content.ReadFromJsonAsync<JsonElement>()).Text("status"));
        Assert.DoesNotContain(platform.Traces.Spans, span => span.TraceId == dropped);
        await EventsNameTheirTraceAsync(traces[^1]);
        DocumentedAttributesAreThere([.. traces.SelectMany(trace => trace.Spans)]);
    }

    /// <summary>A phone that rings late, and a report that comes in a trace of its own. The session's is not in the ratio: every service
    /// keeps its part because the dialer told that it was slow.</summary>
    private async Task<Trace> VerifiedAsync(HttpClient backend)
    {
        using var phone = platform.NextPhone();
        await phone.BehaveAsync(new { behaviour = "ring", postDialDelay = "00:00:05.3" });
        var (traceId, id) = await StartAsync(backend, phone.Number, OutsideTheRatio);
        var callerId = await phone.RingingAsync();
        var report = new HttpRequestMessage(HttpMethod.Post, $"/v1/verifications/{id}/report")
        {
            Content = JsonContent.Create(new { callerId }),
        };
        report.Headers.Add("traceparent", NewTrace(WithinTheRatio).Header);
        Assert.Equal("verified", (await backend.AskAsync(report)).Body.Text("status"));

        var trace = await WholeAsync(traceId, "INVITE", "session step");
        Assert.Equal(All, trace.Spans.Select(span => span.Service).Distinct().Order(StringComparer.Ordinal));
        var call = trace.Spans.Single(span => span.Name == "INVITE");
        Assert.Equal("flashcall-dialer", call.Service);
        Assert.Subset(call.Events.Select(step => step.Name).ToHashSet(), (HashSet<string>)["INVITE", "180", "CANCEL", "487", "ACK"]);
        Assert.Equal((true, "Rang"), (call.Attributes["flashcall.slow"], call.Attributes["flashcall.disposition"]));
        var way = trace.AncestorsOf(call).Select(span => span.Service).Reverse().ToList();
        Assert.Equal(
            [
                "flashcall-gateway", "flashcall-verification", "flashcall-fraud", "flashcall-verification", "flashcall-number-pool",
                "flashcall-verification", "flashcall-dialer",
            ],
            way.Where((service, index) => index == 0 || way[index - 1] != service));
        Assert.Contains(trace.Spans, span => span.Service == "flashcall-verification" && span.Scope == "Npgsql");
        Assert.Contains(trace.Spans, span => span.Service == "flashcall-dialer" && span.Scope == "Npgsql");

        // What the report made happen is part of the session's trace; each links to the other.
        // One that met another replica's step was taken again.
        var step = Assert.Single(trace.Spans, span => span.Name == "session step" && span.Events.All(e => e.Name != "moved on"));
        Assert.Equal("Report", step.Attributes["flashcall.verification.command"]);
        Assert.Equal("verified", step.Attributes["flashcall.verification.status"]);
        Assert.Contains(step, trace.AncestorsOf(trace.Spans.Single(span => span.Name == "webhook deliver")));
        var asked = await platform.Traces.WaitForTraceAsync(
            Assert.Single(step.Links).TraceId,
            other => other.Roots.Count() == 1 && other.Roots.Single().Service == "flashcall-gateway",
            Deadline);
        Assert.NotEqual(traceId, asked.TraceId);
        var served = Assert.Single(asked.Spans, span => span.SpanId == step.Links[0].SpanId);
        Assert.Equal(("flashcall-verification", ActivityKind.Server), (served.Service, served.Kind));
        Assert.Contains(served.Links, link => link.TraceId == traceId);
        Assert.Equal(id, served.Attributes["flashcall.verification.id"]);
        return trace;
    }

    /// <summary>A destination that is not open.</summary>
    private async Task<Trace> RefusedAsync(HttpClient backend)
    {
        Trace trace;
        var tries = 0;
        do
        {
            // A platform that has just started may be too slow for the first one: it then ends for want of an assessment.
            var (traceId, _) = await StartAsync(backend, "+4915112345678", WithinTheRatio);
            trace = await WholeAsync(traceId);
        }
        while (++tries < 4 && trace.Spans.Any(span => span.Attributes.GetValueOrDefault("flashcall.verification.status") is "error"));
        Assert.Equal(
            ["flashcall-fraud", "flashcall-gateway", "flashcall-verification"],
            trace.Spans.Select(span => span.Service).Distinct().Order(StringComparer.Ordinal));
        var assessed = Assert.Single(trace.Spans, span => span.Attributes.ContainsKey("flashcall.fraud.verdict"));
        Assert.Equal("Block", assessed.Attributes["flashcall.fraud.verdict"]);
        var ended = Assert.Single(trace.Spans, span => span.Attributes.ContainsKey("flashcall.verification.status"));
        Assert.Equal("denied", ended.Attributes["flashcall.verification.status"]);
        Assert.DoesNotContain("4915112345678", Text(trace), StringComparison.Ordinal);
        return trace;
    }

    /// <summary>A phone that is busy.</summary>
    private async Task<Trace> FailedAsync(HttpClient backend)
    {
        using var phone = platform.NextPhone();
        await phone.BehaveAsync(new { behaviour = "busy" });
        var (traceId, _) = await StartAsync(backend, phone.Number, WithinTheRatio);
        var trace = await WholeAsync(traceId, "INVITE");
        Assert.Equal(All, trace.Spans.Select(span => span.Service).Distinct().Order(StringComparer.Ordinal));
        var call = trace.Spans.Single(span => span.Name == "INVITE");
        Assert.Equal(("Busy", 486L), (call.Attributes["flashcall.disposition"], call.Attributes["sip.status"]));
        Assert.Contains(call, trace.AncestorsOf(trace.Spans.Single(span => span.Name == "webhook deliver")));
        return trace;
    }

    /// <summary>The trace once it holds its webhook and these spans, and nothing whose parent is missing.</summary>
    private Task<Trace> WholeAsync(string traceId, params string[] names) => platform.Traces.WaitForTraceAsync(
        traceId,
        trace => names.Append("webhook deliver").All(name => trace.Spans.Any(span => span.Name == name)) && trace.Roots.Count() == 1,
        Deadline);

    private static async Task<(string TraceId, string Id)> StartAsync(HttpClient backend, string number, string traceBegins)
    {
        var (traceId, header) = NewTrace(traceBegins);
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/verifications")
        {
            Content = JsonContent.Create(new { to = number, purpose = "login" }),
        };
        // As a client with tracing of its own sends it.
        request.Headers.Add("traceparent", header);
        var (status, session) = await backend.AskAsync(request);
        Assert.True(status == 201, $"Expected 201, got {status}: {session}");
        return (traceId, session.Text("id"));
    }

    private static (string TraceId, string Header) NewTrace(string begins)
    {
        var traceId = begins + ActivityTraceId.CreateRandom().ToHexString()[begins.Length..];
        return (traceId, $"00-{traceId}-{ActivitySpanId.CreateRandom().ToHexString()}-01");
    }

    private async Task EventsNameTheirTraceAsync(Trace trace)
    {
        await using var data = NpgsqlDataSource.Create(platform.VerificationDatabase);
        await using var find = data.CreateCommand(
            """
            select distinct correlation_id from mt_events
            where stream_id = (select stream_id from mt_events where correlation_id = $1 limit 1)
            """);
        find.Parameters.Add(new() { Value = trace.TraceId });
        await using var reader = await find.ExecuteReaderAsync();
        Assert.True(await reader.ReadAsync());
        Assert.Equal(trace.TraceId, reader.GetString(0));
        Assert.False(await reader.ReadAsync());
    }

    /// <summary>Whoever searches in Jaeger by what the operators' page says finds something.</summary>
    private static void DocumentedAttributesAreThere(IReadOnlyList<Span> spans)
    {
        var page = File.ReadAllText(Path.Combine(Running.Program.Root, "docs", "operations.md"));
        var section = page[page.IndexOf("\n## Traces\n", StringComparison.Ordinal)..page.IndexOf("\n## Metrics\n", StringComparison.Ordinal)];
        var named = Attribute().Matches(section).Select(match => match.Groups["name"].Value).Distinct().ToList();
        Assert.True(named.Count > 8, $"{named.Count} attributes are too few to be all of them.");
        var there = spans.SelectMany(span => span.Attributes.Keys.Concat(span.Events.SelectMany(step => step.Attributes.Keys)))
            .ToHashSet(StringComparer.Ordinal);
        Assert.Empty(named.Except(there, StringComparer.Ordinal));
    }

    private static string Text(Trace trace) => string.Join('\n', trace.Spans.Select(span => string.Join(' ',
        (object?[])[span.Name, span.Status.Message, .. span.Attributes.Values, .. span.Events.SelectMany(step => step.Attributes.Values)])));

    [GeneratedRegex(@"`(?<name>(flashcall|sip|http|network|server|messaging|url|error)\.[a-z_.]+)[`=]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Attribute();
}
