using System.IO.Pipelines;
using System.Security.Claims;
using FlashCall.EventLog;
using FlashCall.Hosting;
using FlashCall.Verification.Analytics.Reads;
using Microsoft.AspNetCore.Http.Features;

namespace FlashCall.Verification.Analytics.Stream;

/// <summary>
/// All events that fit, in the order of the log, each once: <c>GET /v1/analytics/events</c>, lines of JSON (<see cref="EventLines"/>). It
/// ends where the log is settled, or goes on with what comes (<c>follow=true</c>). Whoever was cut off goes on from the last cursor.
/// </summary>
internal static partial class StreamEvents
{
    /// <summary>Longer silence is broken by a line with a cursor, so that nobody in between takes the stream for dead.</summary>
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(10);

    /// <summary>What is written before it has to leave: a slow reader is waited for, and nothing more is read meanwhile.</summary>
    private const int MostUnsent = 64 * 1024;

    public static IResult Handle(HttpRequest http, ClaimsPrincipal caller)
    {
        var sight = Sight.Of(caller);
        return EventQuery.Read(http.Query, sight, out var problem) is { } query ? new Answer(query, sight) : problem!;
    }

    private static Microsoft.AspNetCore.Mvc.ProblemDetails Full() => Problems.Create(503, "too_many_streams", "Too many streams",
        $"This replica serves {EventStreams.Most} streams of events at once, and does. Try again when one has ended.");

    [LoggerMessage(Level = LogLevel.Warning, Message = "A stream of events is cut off: PostgreSQL does not answer")]
    private static partial void LogCutOff(ILogger logger, Exception exception);

    private sealed class Answer(EventQuery query, Sight sight) : IResult
    {
        private long _shown;

        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var services = httpContext.RequestServices;
            var streams = services.GetRequiredService<EventStreams>();
            var reads = services.GetRequiredService<UnmaskedReads>();
            using var place = await streams.EnterAsync(httpContext.RequestAborted);
            if (place is null)
            {
                await Problems.WriteAsync(httpContext, Full());
                return;
            }
            // A stream that is cut off by a stop has no end line: its reader goes on from another replica.
            using var over = CancellationTokenSource.CreateLinkedTokenSource(
                httpContext.RequestAborted, services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
            Guid? read = query.IsPlain ? await reads.BeginAsync(sight.Caller, query.Describe(), over.Token) : null;
            try
            {
                using var lines = new EventLines(query.IsPlain);
                await TellAsync(httpContext, streams.Reader, lines, services.GetRequiredService<TimeProvider>(), over.Token);
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested)
            {
            }
            // It cannot be said otherwise any more that this is not all.
            catch (Exception exception) when (httpContext.Response.HasStarted && DatabaseOutage.Of(exception) is not null)
            {
                LogCutOff(services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(StreamEvents)), exception);
                httpContext.Abort();
            }
            finally
            {
                if (read is { } entry)
                    await reads.EndAsync(entry, _shown);
            }
        }

        private async Task TellAsync(
            HttpContext context, EventReader reader, EventLines lines, TimeProvider time, CancellationToken cancellationToken)
        {
            var response = context.Response;
            response.ContentType = "application/x-ndjson";
            // Proxies in between would keep the lines back until there are enough of them.
            response.Headers.CacheControl = "no-store";
            response.Headers["X-Accel-Buffering"] = "no";
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            var (output, cursor) = (response.BodyWriter, query.After);
            long? lastSent = null;
            var pages = query.Follows
                ? reader.FollowAsync(query.Filter, query.After, cancellationToken)
                : reader.ReadAsync(query.Filter, query.After, cancellationToken: cancellationToken);
            await foreach (var page in pages)
            {
                await WriteAsync(page, lines, output, time.GetUtcNow(), cancellationToken);
                cursor = page.Through;
                if (output.UnflushedBytes == 0 && (lastSent is null || time.GetElapsedTime(lastSent.Value) > Beat))
                    lines.WriteCursor(cursor, isEnd: false, output);
                if (page.Events.Count > 0 || output.UnflushedBytes > 0)
                {
                    await output.FlushAsync(cancellationToken);
                    lastSent = time.GetTimestamp();
                }
            }
            lines.WriteCursor(cursor, isEnd: true, output);
            await output.FlushAsync(cancellationToken);
        }

        private async Task WriteAsync(
            EventPage page, EventLines lines, PipeWriter output, DateTimeOffset now, CancellationToken cancellationToken)
        {
            foreach (var stored in page.Events)
            {
                lines.Write(stored, now, output);
                _shown++;
                if (output.UnflushedBytes > MostUnsent)
                    await output.FlushAsync(cancellationToken);
            }
        }
    }
}
