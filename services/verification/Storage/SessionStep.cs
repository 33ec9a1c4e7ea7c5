using System.Collections.Immutable;
using System.Diagnostics;
using FlashCall.Verification.Sessions;
using Marten;

namespace FlashCall.Verification.Storage;

/// <summary>A step of a session that was decided: what is stored of it, and what follows once it is.</summary>
internal sealed class SessionStep
{
    /// <summary>A step that was decided just now, in the trace of what asked for it.</summary>
    /// <param name="before">Where the session stood; null for one that begins.</param>
    /// <param name="events">What happened.</param>
    /// <param name="after">Where it stands then.</param>
    public SessionStep(VerificationSession? before, ImmutableList<VerificationEvent> events, VerificationSession after)
    {
        (Before, Events, After) = (before, events, after);
        Messages = Reactor.React(before, after);
        Deadline = Reactor.Deadline(after);
        Trace = Activity.Current;
    }

    public VerificationSession? Before { get; }

    public VerificationSession After { get; }

    public Guid Id => After.Id;

    /// <summary>What goes out once the step is stored.</summary>
    public ImmutableList<OutgoingMessage> Messages { get; }

    /// <summary>When the session has to be looked at again; null when it is done for good.</summary>
    public DateTimeOffset? Deadline { get; }

    /// <summary>Whether the step is that of a deadline that passed. Whoever took the deadline moved it on, to have time for the
    /// step.</summary>
    public bool IsOfDeadline { get; init; }

    /// <summary>Whether the deadline is another one than before the step.</summary>
    public bool MovesDeadline => Before is null || IsOfDeadline || Reactor.Deadline(Before) != Deadline;

    /// <summary>Makes the start repeatable; null for any other step.</summary>
    public IdempotencyKey? Key { get; init; }

    /// <summary>What asked for the step, where it is traced.</summary>
    public Activity? Trace { get; }

    private ImmutableList<VerificationEvent> Events { get; }

    /// <summary>Appends the events to the session's stream, at the very place where they were decided.</summary>
    /// <exception cref="JasperFx.ConcurrencyException">Thrown when the changes are saved: the session has moved on.</exception>
    public void Append(IDocumentSession session)
    {
        // An analyst finds the trace of each event, and the message or request that caused it; other steps share the transaction.
        var correlation = Trace?.TraceId.ToHexString() ?? Id.ToString("N");
        var stored = new object[Events.Count];
        for (var i = 0; i < stored.Length; i++)
        {
            var happened = session.Events.BuildEvent(Events[i]);
            happened.CorrelationId = correlation;
            happened.CausationId = Trace?.Id;
            stored[i] = happened;
        }
        if (Before is null)
            session.Events.StartStream<VerificationSession>(Id, stored);
        else
            session.Events.Append(Id, After.Revision, stored);
    }
}
