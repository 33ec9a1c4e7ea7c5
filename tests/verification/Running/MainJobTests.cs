using FlashCall.Contracts;
using FlashCall.Verification.Tests.Support;
using Xunit;

namespace FlashCall.Verification.Tests.Running;

public sealed class MainJobTests(RunningVerification running)
{
    [Fact]
    public async Task A_reported_caller_id_verifies_the_number()
    {
        using var client = running.Client();
        var id = (await client.StartAsync()).Id();

        // Not from the answer to the start: on a slow machine that is given before there is anything to tell.
        var ringing = await client.UntilAsync(id, "ringing");
        var call = ringing.GetProperty("flashCall");
        Assert.Equal("+44207946", call.Text("callerIdPrefix"));
        Assert.Equal(13, call.GetProperty("callerIdLength").GetInt32());
        Assert.Equal(4, call.GetProperty("enterDigits").GetInt32());
        Assert.False(call.TryGetProperty("callerId", out _));
        Assert.Equal(3, ringing.GetProperty("reportsLeft").GetInt32());

        var report = await client.ReportAsync(id, new { callerId = "+44 20 7946 0123", source = "intercepted" });
        Assert.Equal("verified", report.Text("status"));

        await running.Peers.WaitForAsync<HangUp>(id);
        var release = Assert.Single(await running.Peers.WaitForAsync<ReleaseCallerId>(id));
        Assert.Equal(LeaseOutcome.Verified, release.Outcome);
        var ended = await client.ReadAsync(id);
        Assert.Equal(
            ["requested", "risk_assessed", "caller_id_leased", "invited", "ringing", "reported", "verified", "hung_up"],
            ended.GetProperty("timeline").EnumerateArray().Select(step => step.Text("step")!).Order(StepOrder.Instance));
        Assert.Equal(Answers.CallerId.E164, ended.GetProperty("flashCall").Text("callerId"));
    }

    private sealed class StepOrder : IComparer<string>
    {
        public static readonly StepOrder Instance = new();
        private static readonly List<string> Steps = ["requested", "risk_assessed", "caller_id_leased", "invited", "ringing", "reported", "verified", "hung_up"];

        public int Compare(string? x, string? y) => Steps.IndexOf(x!).CompareTo(Steps.IndexOf(y!));
    }
}
