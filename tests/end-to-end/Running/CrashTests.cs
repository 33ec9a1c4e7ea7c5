using Xunit;

namespace FlashCall.EndToEnd.Tests.Running;

/// <summary>Each service is killed while a phone rings, and started again: the session comes to its end.</summary>
[Collection(Platform.OneAtATime)]
public sealed class CrashTests(Platform platform)
{
    [Theory]
    [InlineData("gateway")]
    [InlineData("fraud")]
    [InlineData("number-pool")]
    [InlineData("dialer-1", "dialer-2")]
    [InlineData("verification-1", "verification-2")]
    public async Task A_service_killed_while_the_phone_rings_costs_no_session(params string[] names)
    {
        using var client = platform.Client();
        using var phone = platform.NextPhone();
        var id = (await client.StartAsync(phone)).GetProperty("id").GetGuid();
        var callerId = await phone.RingingAsync();

        var killed = names.Select(platform.Of).ToList();
        await Task.WhenAll(killed.Select(program => program.KillAsync()));
        killed.ForEach(program => program.Start());
        await Task.WhenAll(killed.Select(program => program.ReadyAsync()));

        // The gateway looks at its replicas every few seconds; until it sees them it says 503.
        await client.UntilAsync(id, TimeSpan.FromSeconds(30), "ringing", "awaiting_report");
        Assert.Equal("verified", (await client.ReportAsync(id, callerId)).GetProperty("status").GetString());
        Assert.Equal(1, (await phone.CallsAsync()).GetArrayLength());
        platform.AssertNoNumberInLogs();
    }

    [Fact]
    public async Task A_session_whose_services_all_died_still_expires_on_time()
    {
        using var client = platform.Client();
        using var phone = platform.NextPhone();
        var id = (await client.StartAsync(phone, Platform.BriefPurpose)).GetProperty("id").GetGuid();
        await phone.RingingAsync();
        var all = ((string[])["verification-1", "verification-2", "dialer-1", "dialer-2"]).Select(platform.Of).ToList();
        await Task.WhenAll(all.Select(program => program.KillAsync()));
        all.ForEach(program => program.Start());
        await Task.WhenAll(all.Select(program => program.ReadyAsync()));

        var session = await client.UntilAsync(id, TimeSpan.FromSeconds(60), "expired");
        var late = session.GetProperty("endedAt").GetDateTimeOffset() - session.GetProperty("expiresAt").GetDateTimeOffset();
        Assert.InRange(late, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }
}
