using FlashCall.Cli.Api;

namespace FlashCall.Cli.Verify;

/// <summary>The call log of a phone behind the handset (<c>tools/handset</c>).</summary>
internal sealed class HandsetCallLog(Uri address) : IDisposable
{
    private readonly Http _http = new("The handset", address, "Start it with ./run, give its address by --handset, or leave --handset out and type the digits.");

    /// <summary>The phone's calls after a sequence number, newest first.</summary>
    /// <param name="number">The phone, in E.164.</param>
    /// <param name="after">Calls above this sequence number only.</param>
    /// <param name="wait">How long to wait for one, whole seconds; zero to look once.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<LoggedCall>> ReadAsync(string number, long after, TimeSpan wait, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, $"phones/{Uri.EscapeDataString(number)}/calls?after={after}&wait={wait.TotalSeconds:0}");
        using var response = await _http.SendAsync(message, cancellationToken);
        return response.IsSuccessStatusCode
            ? await _http.ReadAsync(response, WireJson.Default.LoggedCallArray, cancellationToken)
            : throw new CommandException($"The handset at {address} refused to show the phone's call log ({(int)response.StatusCode}). Is this its address?");
    }

    public void Dispose() => _http.Dispose();
}
