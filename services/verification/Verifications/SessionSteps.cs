using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using FlashCall.Verification.Channels.FlashCalls;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;

namespace FlashCall.Verification.Verifications;

/// <summary>The steps of a session as its stream of server-sent events tells them: up to the end, and each always under the same
/// id.</summary>
internal static class SessionSteps
{
    /// <summary>The steps so far, in order.</summary>
    /// <param name="history">The session.</param>
    /// <param name="isForDevice">Whether they are told to a device, see <see cref="TimelineStep.ForDevice"/>.</param>
    public static IEnumerable<SessionStep> Of(SessionHistory history, bool isForDevice = false)
    {
        VerificationSession? before = null;
        foreach (var (happened, after) in history.Events.Zip(history.States()))
        {
            var steps = Timeline.StepsOf(happened).ToImmutableArray();
            for (var part = 0; part < steps.Length; part++)
            {
                var isLast = part == steps.Length - 1;
                yield return new SessionStep(
                    new SessionStepId(after.Revision, isLast ? null : part + 1), steps[part].Step,
                    SessionStepView.Of(isForDevice ? steps[part].ForDevice() : steps[part], isLast ? after : before ?? after));
            }
            if (after is VerificationSession.Ended)
                yield break;
            before = after;
        }
    }

    /// <summary>The step that ended the session; null as long as it lives. What comes later stands in its timeline.</summary>
    public static SessionStepId? EndOf(SessionHistory history) =>
        history.States().FirstOrDefault(state => state is VerificationSession.Ended) is { } end
            ? new SessionStepId(end.Revision, Part: null)
            : null;
}

/// <summary>One step.</summary>
/// <param name="Id">Its place in the stream.</param>
/// <param name="Name">The step's name, as in the timeline.</param>
/// <param name="View">What is told of it.</param>
internal sealed record SessionStep(SessionStepId Id, string Name, SessionStepView View);

/// <summary>
/// Names a step: the version of the session after it (<c>4</c>). Of an event that is two steps, such as the ring that tells of the INVITE
/// too, only the last is named so; the ones before carry their place (<c>4.1</c>), for a client may lose its connection in between.
/// </summary>
/// <param name="Revision">The version of the session, from 1.</param>
/// <param name="Part">The place among the steps of one event, from 1; null for the last.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SessionStepId(long Revision, int? Part)
{
    public bool IsBefore(SessionStepId other) =>
        (Revision, Part ?? int.MaxValue).CompareTo((other.Revision, other.Part ?? int.MaxValue)) < 0;

    public static bool TryRead(string text, out SessionStepId id)
    {
        id = default;
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        var part = 0;
        if (!long.TryParse(
                text.AsSpan(0, dot < 0 ? text.Length : dot), NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
            || (dot >= 0 && !int.TryParse(text.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out part)))
        {
            return false;
        }
        id = new SessionStepId(revision, dot < 0 ? null : part);
        return true;
    }

    public override string ToString() => Part is { } part
        ? string.Create(CultureInfo.InvariantCulture, $"{Revision}.{part}")
        : Revision.ToString(CultureInfo.InvariantCulture);
}

/// <summary>What is told of a step: what happened, and where the session stands then.</summary>
internal sealed record SessionStepView
{
    public required string Status { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>A few words more, as in the timeline.</summary>
    public string? Detail { get; init; }

    /// <summary>Why the session ended: a stable code.</summary>
    public string? Reason { get; init; }

    public required int ReportsLeft { get; init; }

    public FlashCallView? FlashCall { get; init; }

    public static SessionStepView Of(TimelineStep step, VerificationSession session) => new()
    {
        Status = SessionStatus.Of(session),
        At = step.At,
        Detail = step.Detail,
        Reason = (session as VerificationSession.Ended)?.Reason,
        ReportsLeft = session.ReportsLeft,
        FlashCall = session.Current is FlashCallAttempt.WithCallerId attempt ? FlashCallView.Of(attempt, session) : null,
    };
}
