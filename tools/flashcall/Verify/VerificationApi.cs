using System.Net.Http.Json;
using System.Text.Json;
using FlashCall.Cli.Api;

namespace FlashCall.Cli.Verify;

/// <summary>Verifications as a client app sees them.</summary>
internal sealed class VerificationApi(PlatformApi api)
{
    /// <summary>Starts a session; the answer comes when the caller ID is leased or the session denied, at most about a second later.</summary>
    public Task<Session> StartAsync(SessionRequest request, CancellationToken cancellationToken) =>
        api.PostAsync("v1/verifications", request, WireJson.Default.SessionRequest, WireJson.Default.Session, cancellationToken);

    /// <summary>The session with its timeline, read and as the API wrote it.</summary>
    public async Task<(Session Session, JsonElement Document)> GetAsync(string id, CancellationToken cancellationToken)
    {
        var document = await api.GetAsync($"v1/verifications/{id}", WireJson.Default.JsonElement, cancellationToken);
        try
        {
            return (document.Deserialize(WireJson.Default.Session) ?? throw new JsonException("null"), document);
        }
        catch (JsonException exception)
        {
            throw new CommandException($"The API answered with a session that is not understood: {exception.Message}", exception);
        }
    }

    /// <summary>Reports what the phone showed. A wrong report is an answer; null if the session has ended meanwhile.</summary>
    public async Task<ReportAnswer?> ReportAsync(string id, CallerIdReport report, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, $"v1/verifications/{id}/report")
        {
            Content = JsonContent.Create(report, WireJson.Default.CallerIdReport),
        };
        using var response = await api.SendAsync(message, cancellationToken, "verification_ended");
        return response.IsSuccessStatusCode ? await api.ReadAsync(response, WireJson.Default.ReportAnswer, cancellationToken) : null;
    }
}
