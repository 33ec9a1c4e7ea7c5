using System.Collections.Immutable;
using System.Runtime.InteropServices;
using FlashCall.Verification.Channels.FlashCalls;
using FlashCall.Verification.Sessions;

namespace FlashCall.Verification.Channels;

/// <summary>
/// A way to reach a phone and get a code back. The session knows channels by this alone: a further one is a further subclass with its
/// own attempt, events and commands, named once in <see cref="All"/>. Pure, as all of the session is.
/// </summary>
internal abstract class Channel
{
    private static readonly ImmutableDictionary<string, Channel> All =
        new Channel[] { new FlashCallChannel() }.ToImmutableDictionary(channel => channel.Name, StringComparer.Ordinal);

    private protected Channel()
    {
    }

    /// <summary>Stable name in snake_case, as in routes and in the API.</summary>
    public abstract string Name { get; }

    /// <summary>Whether a channel of this name exists.</summary>
    public static bool Exists(string name) => All.ContainsKey(name);

    /// <summary>The names of all channels.</summary>
    public static IEnumerable<string> Names => All.Keys.Order(StringComparer.Ordinal);

    /// <summary>The channel of this name.</summary>
    /// <exception cref="InvalidOperationException">There is none: the event was written by a version that knows more.</exception>
    internal static Channel Named(string name) =>
        All.GetValueOrDefault(name) ?? throw new InvalidOperationException($"Unknown channel '{name}'. Known: {string.Join(", ", Names)}.");

    /// <summary>The channel that an attempt goes over.</summary>
    internal static Channel Of(Attempt attempt) => Named(attempt.Channel);

    /// <summary>The attempt as it begins.</summary>
    internal abstract Attempt Begin(SessionEvent.AttemptStarted started);

    /// <summary>Folds an event of the channel into its attempt.</summary>
    internal abstract Attempt Evolve(Attempt attempt, AttemptEvent happened);

    /// <summary>What news does to the attempt. A repeat returns no events.</summary>
    /// <param name="command">The news.</param>
    /// <param name="attempt">The attempt it is about.</param>
    /// <param name="open">Whether the session still wants something of this attempt.</param>
    /// <param name="asked">What the client asked for.</param>
    internal abstract ImmutableList<VerificationEvent> Decide(
        AttemptCommand command, Attempt attempt, bool open, VerificationSession.Request asked);

    /// <summary>What happens to an attempt whose deadline passed.</summary>
    internal abstract ImmutableList<VerificationEvent> GiveUp(Attempt attempt, DateTimeOffset now);

    /// <summary>When to stop waiting for news of the attempt; null when none is due.</summary>
    internal abstract DateTimeOffset? Deadline(Attempt attempt, VerificationSession.Request asked);

    /// <summary>Whether the client reported the right code.</summary>
    internal abstract Judgement Judge(ReportedCode code, Attempt attempt, VerificationSession.Request asked);

    /// <summary>What happens to an attempt whose report was judged to say that no code came through: it fails.</summary>
    internal abstract AttemptEvent NoCodeCame(Attempt attempt, SessionCommand.Report report);

    /// <summary>The messages that a step of the attempt, or of the session around it, calls for.</summary>
    internal abstract IEnumerable<OutgoingMessage> React(AttemptStep before, AttemptStep after, VerificationSession session);

    /// <summary>Whether a failure was the platform's, so that the session ends as errored rather than failed.</summary>
    internal abstract bool IsOurFault(string failure);
}

/// <summary>One attempt of a session's route; each channel has its own kind.</summary>
internal abstract record Attempt
{
    private protected Attempt()
    {
    }

    /// <summary>The attempt.</summary>
    public required Guid Id { get; init; }

    /// <summary>The channel's name.</summary>
    public abstract string Channel { get; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Reports it allows in all; 0 as long as there is nothing to report.</summary>
    public abstract int ReportsAllowed { get; }

    /// <summary>Whether the phone was called, or may have been.</summary>
    public abstract bool Called { get; }

    /// <summary>Why it brought no code to the person (stable code); null while it may, or when it did.</summary>
    public abstract string? Failure { get; }

    /// <summary>How hard its code is to guess; null where it has none.</summary>
    public virtual CodeStrength? Strength => null;

    /// <summary>The reports that named a code for it.</summary>
    public ReportTally Reports { get; init; }
}

/// <summary>How hard the code of an attempt is to guess.</summary>
/// <param name="Candidates">How many codes it could have been, each as likely, 1 or more.</param>
/// <param name="ReportsAllowed">How many reports of it were allowed.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct CodeStrength(long Candidates, int ReportsAllowed)
{
    /// <summary>log2 of the candidates.</summary>
    public double Bits => Math.Log2(Candidates);

    /// <summary>The chance to guess it with all the reports allowed, 0 to 1.</summary>
    public double GuessProbability => Math.Min(1, ReportsAllowed / (double)Candidates);
}

/// <summary>The reports on one attempt that count.</summary>
/// <param name="Received">All of them, right or wrong.</param>
/// <param name="Wrong">Those that named another code.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ReportTally(int Received, int Wrong)
{
    /// <summary>With one more.</summary>
    public ReportTally With(bool matched) => new(Received + 1, matched ? Wrong : Wrong + 1);
}

/// <summary>An attempt at one moment.</summary>
/// <param name="Attempt">Null before it began.</param>
/// <param name="Open">Whether the session still wants something of it.</param>
internal readonly record struct AttemptStep(Attempt? Attempt, bool Open);

/// <summary>The code a client reports; each channel has its own kind.</summary>
internal abstract record ReportedCode;

/// <summary>Whether a report was right.</summary>
internal abstract record Judgement
{
    private Judgement()
    {
    }

    /// <summary>It names the code.</summary>
    public sealed record Match : Judgement;

    /// <summary>It names another.</summary>
    /// <param name="Reason">Stable code in snake_case, where more is known than that.</param>
    public sealed record NoMatch(string? Reason = null) : Judgement;

    /// <summary>It says that no code came through. It does not count, and the attempt is over.</summary>
    public sealed record NoCode : Judgement;

    /// <summary>It cannot be judged and does not count.</summary>
    public sealed record Unfit(Rejection Why) : Judgement;
}
