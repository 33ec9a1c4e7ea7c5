using System.Security.Claims;
using FlashCall.Hosting;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Watching;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace FlashCall.Verification.Verifications;

/// <summary>
/// What happens in a session, told as it happens: <c>GET /v1/verifications/{id}/events</c>, server-sent events (WHATWG HTML §9.2). Every
/// replica tells the same steps under the same ids, so that a client that lost its connection goes on exactly where it was, with any.
/// </summary>
internal static class FollowVerification
{
    public static async Task<IResult> HandleAsync(
        Guid id, HttpRequest http, ClaimsPrincipal caller, SessionStore sessions, SessionWatch watch, SessionWaits waits,
        CancellationToken cancellationToken)
    {
        SessionStepId? last = null;
        if (http.Headers["Last-Event-ID"] is [{ Length: > 0 } text])
        {
            if (!SessionStepId.TryRead(text, out var read))
            {
                return Problems.Problem(400, "invalid_last_event_id", "Not an event of this stream",
                    "Send the id of the last event as it came as Last-Event-ID, or leave the header out to begin at the first.");
            }
            last = read;
        }
        var found = await sessions.ReadAsync(id, cancellationToken);
        if (found?.State.Asked.ApplicationId != caller.ApplicationId())
            return Refusals.NoSuchSession();
        // It has ended and the client knows: 204 tells an EventSource not to come back.
        return SessionSteps.EndOf(found) is { } end && last?.IsBefore(end) == false
            ? TypedResults.NoContent()
            : new Stream(found, last, caller.SessionId() is not null, watch, waits, sessions);
    }

    /// <summary>The answer that goes on until the session has ended, the client has gone, or the process is told to stop.</summary>
    private sealed class Stream(
        SessionHistory found, SessionStepId? last, bool isForDevice, SessionWatch watch, SessionWaits waits, SessionStore sessions)
        : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.ContentType = "text/event-stream";
            // Proxies in between would keep the events back until there are enough of them.
            response.Headers.CacheControl = "no-store";
            response.Headers["X-Accel-Buffering"] = "no";
            httpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            var json = httpContext.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
            var stopping = httpContext.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
            using var over = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted, stopping);
            try
            {
                await TellAsync(new SessionEventWriter(response.BodyWriter, json), over.Token);
            }
            // The client has gone, or comes back to another replica with the id of what it heard last.
            catch (OperationCanceledException) when (over.IsCancellationRequested)
            {
            }
        }

        private async Task TellAsync(SessionEventWriter writer, CancellationToken cancellationToken)
        {
            await writer.BeginAsync(cancellationToken);
            using var waiter = watch.Watch(found.State.Id);
            var told = last;
            // Watched first, then read: what happened since it was found is not missed.
            var known = await ReadAsync(cancellationToken);
            while (true)
            {
                foreach (var step in SessionSteps.Of(known, isForDevice).Where(step => told?.IsBefore(step.Id) != false))
                {
                    await writer.WriteAsync(step, cancellationToken);
                    told = step.Id;
                }
                if (SessionSteps.EndOf(known) is not null)
                    return;
                var revision = known.State.Revision;
                while (known.State.Revision == revision)
                {
                    if (!await waits.IsHeardAsync(waiter, cancellationToken))
                        await writer.BeatAsync(cancellationToken);
                    known = await ReadAsync(cancellationToken);
                }
            }
        }

        private async Task<SessionHistory> ReadAsync(CancellationToken cancellationToken) =>
            await sessions.ReadAsync(found.State.Id, cancellationToken) ?? found;
    }
}
