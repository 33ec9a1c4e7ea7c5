using System.IO.Pipelines;
using System.Text;
using System.Text.Json;

namespace FlashCall.Verification.Verifications;

/// <summary>Writes steps as server-sent events (WHATWG HTML §9.2.5). The framework's own result writes neither comments, which keep a quiet
/// connection open, nor ends in time with the process.</summary>
internal sealed class SessionEventWriter(PipeWriter body, JsonSerializerOptions json)
{
    /// <summary>How long a client waits before it comes back, in milliseconds: a replica that stops leaves others.</summary>
    private const int RetryMilliseconds = 1000;

    /// <summary>Sends the headers, so that the client knows that it is connected.</summary>
    public Task BeginAsync(CancellationToken cancellationToken) => WriteAsync($"retry: {RetryMilliseconds}\n\n", cancellationToken);

    /// <summary>Tells of a step.</summary>
    public Task WriteAsync(SessionStep step, CancellationToken cancellationToken) => WriteAsync(
        $"id: {step.Id}\nevent: {step.Name}\ndata: {JsonSerializer.Serialize(step.View, json)}\n\n", cancellationToken);

    /// <summary>Shows that the connection lives: a comment, which clients pass over.</summary>
    public Task BeatAsync(CancellationToken cancellationToken) => WriteAsync(":\n\n", cancellationToken);

    private async Task WriteAsync(string text, CancellationToken cancellationToken)
    {
        Encoding.UTF8.GetBytes(text, body);
        await body.FlushAsync(cancellationToken);
    }
}
