using FlashCall.EndToEnd.Tests.Running;
using Xunit;

namespace FlashCall.EndToEnd.Tests.PublicApi;

/// <summary>No secret is in the app: a backend starts, and the device goes on with the session's token alone.</summary>
[Collection(Platform.OneAtATime)]
public sealed class ClientTokenTests(Platform platform)
{
    [Fact]
    public async Task A_device_with_the_token_of_its_session_watches_and_reports_and_can_do_nothing_else()
    {
        using var backend = platform.Http(platform.Key);
        using var phone = platform.NextPhone();
        using var otherPhone = platform.NextPhone();
        var session = await backend.StartAsync(phone);
        var other = await backend.StartAsync(otherPhone);
        var id = session.Text("id");
        using var device = platform.Http(session.Text("clientToken"));

        var callerId = await phone.RingingAsync();
        var (seen, view) = await device.AskAsync(new HttpRequestMessage(HttpMethod.Get, $"/v1/verifications/{id}"));
        Assert.Equal((200, id), (seen, view.Text("id")));
        Assert.False(view.TryGetProperty("metadata", out _));
        Assert.False(view.TryGetProperty("reference", out _));

        Assert.Equal(403, (await device.AskAsync(Api.Start(otherPhone))).Status);
        Assert.Equal(403, (await device.AskAsync(new HttpRequestMessage(HttpMethod.Get, "/v1/verifications"))).Status);
        var foreign = await device.AskAsync(new HttpRequestMessage(HttpMethod.Get, $"/v1/verifications/{other.Text("id")}"));
        Assert.Equal((404, "verification_not_found"), (foreign.Status, foreign.Code()));

        var (status, report) = await device.ReportAsync(id, callerId);
        Assert.Equal((200, "verified"), (status, report.Text("status")));
    }
}
