using System.Globalization;
using System.Security.Claims;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlashCall.EventLog;
using FlashCall.Verification.Analytics.Reads;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Verifications;
using Marten;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace FlashCall.Verification.Analytics.Look;

/// <summary>A session's whole stream, and where it stood at any time of it: <c>GET /v1/analytics/verifications/{id}</c>.</summary>
internal static class LookBack
{
    private const string Hidden = "•••";

    public static async Task<Results<Ok<SessionStory>, ProblemHttpResult>> HandleAsync(
        Guid id, HttpRequest http, ClaimsPrincipal caller, IDocumentStore store, UnmaskedReads reads, TimeProvider time,
        IOptions<JsonOptions> json, CancellationToken cancellationToken)
    {
        var sight = Sight.Of(caller);
        var query = new QueryReader(http.Query, ["at", Sight.Numbers]);
        var isPlain = query.AsksForNumbers();
        var at = query.One<Moment>("at", null,
            "Give a version, such as 3, or a time with its offset (RFC 3339), such as 2026-11-23T09:00:00Z.", Moment.Read);
        if (query.Problem() is { } wrong)
            return wrong;
        if (isPlain && !sight.MayUnmask)
            return Sight.MayNotUnmask();

        await using var session = store.QuerySession();
        var stream = await StreamEvents.ReadAsync(session, id, cancellationToken);
        if (stream is not [{ Data: SessionEvent.VerificationRequested asked }, ..]
            || (!sight.SeesAll && asked.ApplicationId != sight.Caller))
        {
            return Refusals.NoSuchSession();
        }
        var seen = at is { } moment ? stream.Where(moment.Includes).ToList() : stream;
        if (seen.Count == 0 || at?.Version > stream.Count)
        {
            query.Refuse("at", $"The session has the versions 1 to {stream.Count} and began at {stream[0].StoredAt.UtcDateTime:O}.");
            return query.Problem()!;
        }
        // Before the first byte leaves.
        if (isPlain)
            await reads.EnterAsync(sight.Caller, id, seen.Count, cancellationToken);
        return TypedResults.Ok(Tell(id, stream.Count, seen, isPlain, store.Options.Serializer(), json.Value.SerializerOptions, time));
    }

    private static SessionStory Tell(
        Guid id, int count, IReadOnlyList<StreamEvent> seen, bool isPlain, ISerializer serializer, JsonSerializerOptions json, TimeProvider time)
    {
        using var lines = new EventLines(isPlain);
        var now = time.GetUtcNow();
        var events = new List<StoryEvent>(seen.Count);
        VerificationSession? state = null;
        DateTimeOffset? previous = null;
        foreach (var stored in seen)
        {
            var happened = stored.Data;
            state = Evolver.Evolve(state, id, happened);
            var shown = lines.Shown(stored.Type, stored.StoredAt, Encoding.UTF8.GetBytes(serializer.ToJson(happened)), now);
            events.Add(new StoryEvent
            {
                Version = stored.Version,
                Type = stored.Type,
                At = happened.At,
                StoredAt = stored.StoredAt,
                SincePreviousMs = (happened.At - previous)?.TotalMilliseconds,
                SinceStartMs = (happened.At - seen[0].Data.At).TotalMilliseconds,
                TraceId = stored.TraceId,
                Cause = stored.Cause,
                Data = JsonNode.Parse(shown)!,
            });
            previous = happened.At;
        }
        return new SessionStory
        {
            Id = id,
            ApplicationId = state!.Asked.ApplicationId,
            Version = seen.Count,
            LastVersion = count,
            State = StateOf(state, isPlain, json),
            Events = events,
        };
    }

    /// <summary>The session as its application sees it. It shows no code before the session has ended.</summary>
    private static JsonObject StateOf(VerificationSession session, bool isPlain, JsonSerializerOptions json)
    {
        var view = VerificationView.Of(session);
        var state = JsonSerializer.SerializeToNode(view, json)!.AsObject();
        if (isPlain)
            return state;
        state["to"] = view.To.Masked;
        if (view.Reference is not null)
            state["reference"] = Hidden;
        if (view.Metadata is { } metadata)
        {
            state["metadata"] = new JsonObject(
                metadata.Keys.Select(static key => KeyValuePair.Create(PersonalData.Text(key), (JsonNode?)Hidden)));
        }
        if (view.FlashCall?.CallerId is { } callerId)
            state["flashCall"]!["callerId"] = callerId.Masked;
        if (view.Detail is { } detail)
            state["detail"] = PersonalData.Text(detail);
        return state;
    }

    /// <summary>A place in a stream: after so many events, or as it was known at a time.</summary>
    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
    private readonly record struct Moment(long? Version, DateTimeOffset? Time)
    {
        public static Moment? Read(string text)
        {
            if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version))
                return version > 0 ? new Moment(version, null) : null;
            return ListVerifications.Time(text) is { } time ? new Moment(null, time) : null;
        }

        public bool Includes(StreamEvent stored) => Version is { } version ? stored.Version <= version : stored.StoredAt <= Time;
    }
}
