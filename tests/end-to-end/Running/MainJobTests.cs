using FlashCall.Testing;
using Xunit;

[assembly: AssemblyFixture(typeof(FlashCall.EndToEnd.Tests.Running.Platform))]

namespace FlashCall.EndToEnd.Tests.Running;

[Collection(Platform.OneAtATime)]
public sealed class MainJobTests(Platform platform)
{
    [Fact]
    public async Task A_real_call_verifies_a_number()
    {
        using var client = platform.Client();
        using var phone = platform.NextPhone();
        var id = (await client.StartAsync(phone)).GetProperty("id").GetGuid();

        var callerId = await phone.RingingAsync();
        // Not from the answer to the start: on a slow machine that is given before there is anything to tell.
        var ringing = await client.UntilAsync(id, TimeSpan.FromSeconds(15), "ringing");
        var prefix = ringing.GetProperty("flashCall").GetProperty("callerIdPrefix").GetString()!;
        Assert.StartsWith(prefix, callerId, StringComparison.Ordinal);
        var report = await client.ReportAsync(id, callerId);
        Assert.Equal("verified", report.GetProperty("status").GetString());

        // The report came while it rang: the call stops long before its ring time.
        await Eventually.TrueAsync(
            async () => (await phone.CallsAsync())[0].GetProperty("state").GetString() == "missed",
            () => "the phone stops ringing", TimeSpan.FromSeconds(3));
        Assert.Equal(1, (await phone.CallsAsync()).GetArrayLength());
    }

    [Fact]
    public async Task A_call_that_nobody_reports_stops_by_itself_and_waits()
    {
        using var client = platform.Client();
        using var phone = platform.NextPhone();
        var id = (await client.StartAsync(phone)).GetProperty("id").GetGuid();
        await phone.RingingAsync();

        var session = await client.UntilAsync(id, TimeSpan.FromSeconds(15), "awaiting_report");
        var call = (await phone.CallsAsync())[0];
        Assert.Equal("missed", call.GetProperty("state").GetString());
        Assert.False(session.GetProperty("flashCall").TryGetProperty("callerId", out _));
    }

    [Fact]
    public async Task A_verification_is_one_trace_over_all_services()
    {
        using var client = platform.Client();
        using var phone = platform.NextPhone();
        var id = (await client.StartAsync(phone)).GetProperty("id").GetGuid();
        await client.ReportAsync(id, await phone.RingingAsync());

        var trace = await platform.Traces.WaitForTraceAsync(
            client.TraceId!,
            trace => trace.Spans.Any(span => span.Name == "INVITE") && trace.Spans.Select(span => span.Service).Distinct().Count() == 5
                && trace.Roots.Count() == 1,
            TimeSpan.FromSeconds(30));

        // The one span without a parent here is the gateway's: its parent is the client's own.
        var root = Assert.Single(trace.Roots);
        Assert.Equal("flashcall-gateway", root.Service);
        Assert.NotNull(root.ParentSpanId);

        var call = trace.Spans.Single(span => span.Name == "INVITE");
        Assert.Equal("flashcall-dialer", call.Service);
        Assert.Subset(call.Events.Select(step => step.Name).ToHashSet(), (HashSet<string>)["INVITE", "180", "CANCEL", "487", "ACK"]);
        var way = trace.AncestorsOf(call).Select(span => span.Service).Reverse().ToList();
        Assert.Equal(
            ["flashcall-gateway", "flashcall-verification", "flashcall-fraud", "flashcall-verification", "flashcall-number-pool", "flashcall-verification", "flashcall-dialer"],
            way.Where((service, index) => index == 0 || way[index - 1] != service));
        Assert.Contains(trace.Spans, span => span.Service == "flashcall-verification" && span.Scope == "Npgsql");
        Assert.Contains(trace.Spans, span => span.Service == "flashcall-dialer" && span.Scope == "Npgsql");
        var said = string.Join('\n', trace.Spans.Select(span => span.Name + string.Join(' ', span.Attributes.Values)));
        Assert.DoesNotContain(phone.Number[1..], said, StringComparison.Ordinal);
        Assert.DoesNotContain("44207946", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_number_stands_in_any_log_even_when_statements_fail()
    {
        using var client = platform.Client();
        using var phone = platform.NextPhone();
        // Several starts for one number at once meet in the database, and all but one of their statements fail there at first.
        var sessions = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => client.StartAsync(phone)));
        Assert.Equal(4, sessions.Length);
        await phone.RingingAsync();

        platform.AssertNoNumberInLogs();
    }
}
