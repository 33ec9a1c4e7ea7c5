using System.Diagnostics;
using System.Text.Json;

namespace FlashCall.Cli.Verify;

/// <summary>What a client app says to the platform and to the phone, from the start of a session to its end.</summary>
internal sealed class Conversation(VerificationApi api, IPhone phone)
{
    /// <summary>How long to wait, after the session's end, for the dialer to tell how the call ended.</summary>
    public TimeSpan CallEndWithin { get; init; } = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Verifies a number.</summary>
    /// <exception cref="CommandException">Somebody does not answer, or refuses the request.</exception>
    public async Task<Outcome> HoldAsync(string to, string purpose, CancellationToken cancellationToken)
    {
        await phone.PrepareAsync(cancellationToken);
        var clock = Stopwatch.StartNew();
        var session = await api.StartAsync(new SessionRequest(to, purpose), cancellationToken);
        while (!session.HasEnded)
        {
            CallerIdReport? report;
            try
            {
                report = await phone.ReadDisplayAsync(session, cancellationToken);
            }
            catch (EndOfStreamException)
            {
                break;
            }
            if (report is not null && await api.ReportAsync(session.Id, report, cancellationToken) is { Status: "verified" })
                break;
            (session, _) = await api.GetAsync(session.Id, cancellationToken);
        }
        var elapsed = clock.Elapsed;
        return new Outcome(await SettleAsync(session.Id, cancellationToken), elapsed);
    }

    /// <summary>The session with the end of its call, which arrives a moment after the report that ended it.</summary>
    private async Task<(Session, JsonElement)> SettleAsync(string id, CancellationToken cancellationToken)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var (session, document) = await api.GetAsync(id, cancellationToken);
            if (!session.HasEnded || !session.CallIsUnderWay || waited.Elapsed > CallEndWithin)
                return (session, document);
            await Task.Delay(Pause, cancellationToken);
        }
    }
}

/// <summary>How a verification went.</summary>
internal sealed class Outcome((Session Session, JsonElement Document) found, TimeSpan elapsed)
{
    public Session Session => found.Session;

    /// <summary>From the request until the answer to the report that ended it, as the client felt it.</summary>
    public TimeSpan Elapsed => elapsed;

    public bool IsVerified => Session.Status == "verified";

    /// <summary>The outcome for machines: the milliseconds, and the session as the API gave it.</summary>
    public string ToJson()
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteBoolean("verified", IsVerified);
            writer.WriteNumber("elapsedMilliseconds", Math.Round(Elapsed.TotalMilliseconds, 1));
            writer.WritePropertyName("verification");
            found.Document.WriteTo(writer);
            writer.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(buffer.ToArray());
    }
}
