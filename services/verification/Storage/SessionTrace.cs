using System.Diagnostics;
using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.Verification.Sessions;

namespace FlashCall.Verification.Storage;

/// <summary>
/// A session has one trace: that of the request that began it. Later requests have traces of their own, since they come from elsewhere and
/// much later; they link to the session's, and what they make happen in the session goes on there.
/// </summary>
internal static class SessionTrace
{
    private const string IdTag = "flashcall.verification.id";

    /// <summary>Says of the span under way which session it is about, and links it to the session's trace unless it belongs there.</summary>
    public static void Link(VerificationSession session)
    {
        if (Activity.Current is not { } current)
            return;
        // A start that supersedes another session is about its own.
        if (current.GetTagItem(IdTag) is null)
            current.SetTag(IdTag, session.Id.ToString());
        if (First(session) is { } first && first.TraceId != current.TraceId && current.Links.All(link => link.Context != first))
            current.AddLink(new ActivityLink(first));
    }

    /// <summary>Says of the request under way which session it begins.</summary>
    public static void Begin(Guid id) => Activity.Current?.SetTag(IdTag, id.ToString());

    /// <summary>Takes a step into the session's trace, when what asks for it is part of another one, which the step's span links to.</summary>
    /// <param name="session">Where the session stood.</param>
    /// <param name="command">What is asked for.</param>
    /// <returns>The step's span, current until it is disposed; null where none is needed.</returns>
    public static Activity? Resume(VerificationSession session, VerificationCommand command)
    {
        if (Activity.Current is not { } current || First(session) is not { } first || first.TraceId == current.TraceId)
            return null;
        var step = Telemetry.Source.StartActivity(
            "session step", ActivityKind.Internal, first, links: [new ActivityLink(current.Context)]);
        step?.SetTag(IdTag, session.Id.ToString()).SetTag("flashcall.verification.command", command.GetType().Name);
        return step;
    }

    /// <summary>Says how the session ended, on the span of the step that ended it.</summary>
    public static void End(SessionStep step)
    {
        if (step is not { Before: not VerificationSession.Ended, After: VerificationSession.Ended ended } || Activity.Current is not { } current)
            return;
        current.SetTag("flashcall.verification.status", SessionStatus.Of(ended)).SetTag("flashcall.verification.reason", ended.Reason);
        if (ended.Outcome is VerificationOutcome.Errored)
            current.SetStatus(ActivityStatusCode.Error, ended.Reason);
    }

    private static ActivityContext? First(VerificationSession session) =>
        ActivityContext.TryParse(session.Trace, traceState: null, isRemote: true, out var first) ? first : null;
}
