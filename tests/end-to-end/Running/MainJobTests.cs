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
