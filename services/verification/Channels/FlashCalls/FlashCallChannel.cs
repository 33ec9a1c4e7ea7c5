using System.Collections.Immutable;
using FlashCall.Contracts;
using FlashCall.Verification.Sessions;

namespace FlashCall.Verification.Channels.FlashCalls;

/// <summary>The phone is rung from a leased caller ID; the caller ID is the code.</summary>
internal sealed class FlashCallChannel : Channel
{
    public const string ChannelName = "flash_call";

    /// <summary>How long the pool may take.</summary>
    public static readonly TimeSpan LeaseTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How long after the lease the INVITE may still go out; later, the person has given up.</summary>
    public static readonly TimeSpan DialWithin = TimeSpan.FromSeconds(10);

    /// <summary>A call that was told to end is over at the latest 64·T1 = 32 s later (RFC 3261 §9.1); its report may take some time
    /// more.</summary>
    public static readonly TimeSpan EndOverdueAfter = TimeSpan.FromSeconds(32 + 8);

    public override string Name => ChannelName;

    internal override Attempt Begin(SessionEvent.AttemptStarted started) =>
        new FlashCallAttempt.Leasing { Id = started.AttemptId, StartedAt = started.At };

    internal override Attempt Evolve(Attempt attempt, AttemptEvent happened) => (happened, attempt) switch
    {
        (FlashCallEvent.CallerIdLeased lease, _) =>
            new FlashCallAttempt.Calling { Id = attempt.Id, StartedAt = attempt.StartedAt, Lease = lease },
        (FlashCallEvent.CallerIdRefused refused, _) =>
            new FlashCallAttempt.WithoutCallerId(refused.Reason) { Id = attempt.Id, StartedAt = attempt.StartedAt },
        (FlashCallEvent.CallNotPlaced not, FlashCallAttempt.WithCallerId leased) => Over(leased, seen: false, not.Reason),
        (FlashCallEvent.CallRang rang, FlashCallAttempt.Calling calling) =>
            new FlashCallAttempt.Ringing { Id = attempt.Id, StartedAt = attempt.StartedAt, Lease = calling.Lease, RangAt = rang.At },
        (FlashCallEvent.CallEnded ended, FlashCallAttempt.WithCallerId leased) => Over(leased, ended),
        (FlashCallEvent.CallerIdWithheld, FlashCallAttempt.WithCallerId leased) => leased with { IsWithheld = true },
        (FlashCallEvent.NewsOverdue, FlashCallAttempt.Leasing) =>
            new FlashCallAttempt.WithoutCallerId(Reasons.NumberPoolUnavailable) { Id = attempt.Id, StartedAt = attempt.StartedAt },
        (FlashCallEvent.NewsOverdue, FlashCallAttempt.Calling calling) =>
            Over(calling, seen: null, Reasons.CallLost) with { EndKnown = false },
        (FlashCallEvent.NewsOverdue, FlashCallAttempt.Ringing ringing) =>
            Over(ringing, seen: true, Reasons.CallLost) with { EndKnown = false },
        _ => throw new InvalidOperationException(
            $"{happened.GetType().Name} cannot happen to an attempt that is {attempt.GetType().Name}."),
    };

    internal override ImmutableList<VerificationEvent> Decide(
        AttemptCommand command, Attempt attempt, bool open, VerificationSession.Request asked) => (command, attempt) switch
        {
            (FlashCallCommand.TakeCallerId lease, FlashCallAttempt.Leasing) => TakeCallerId(lease, open, asked.Policy),
            // The pool answered after we had stopped waiting: the caller ID goes back.
            (FlashCallCommand.TakeCallerId lease, FlashCallAttempt.WithoutCallerId) => TakeCallerId(lease, open: false, asked.Policy),
            (FlashCallCommand.TakeCallerId, _) => [],

            (FlashCallCommand.TakeRefusal refusal, FlashCallAttempt.Leasing) =>
            [
                new FlashCallEvent.CallerIdRefused
                {
                    AttemptId = attempt.Id,
                    At = command.Now,
                    Reason = ReasonOf(refusal.News.Reason),
                    Detail = refusal.News.Detail,
                    MissingNumbers = refusal.News.MissingNumbers,
                    RetryAt = refusal.News.RetryAt,
                },
            ],
            (FlashCallCommand.TakeRefusal, _) => [],

            (FlashCallCommand.TakeRinging ringing, FlashCallAttempt.Calling) =>
                [Rang(attempt.Id, ringing.News.InvitedAt, ringing.News.RangAt)],
            (FlashCallCommand.TakeRinging, _) => [],

            (FlashCallCommand.TakeCallEnd end, FlashCallAttempt.Calling) => end.News is { RangAt: { } rangAt, InvitedAt: { } invitedAt }
                ? [Rang(attempt.Id, invitedAt, rangAt), Ended(end.News)]
                : [Ended(end.News)],
            (FlashCallCommand.TakeCallEnd end, FlashCallAttempt.Ringing) => [Ended(end.News)],
            // Too late to matter to the session, but an answered call costs money whoever waits for it.
            (FlashCallCommand.TakeCallEnd end, FlashCallAttempt.Over { EndKnown: false }) => [Ended(end.News)],
            (FlashCallCommand.TakeCallEnd, _) => [],

            _ => throw new InvalidOperationException($"{command.GetType().Name} is no news of a flash call."),
        };

    internal override ImmutableList<VerificationEvent> GiveUp(Attempt attempt, DateTimeOffset now) =>
        [new FlashCallEvent.NewsOverdue { AttemptId = attempt.Id, At = now }];

    internal override DateTimeOffset? Deadline(Attempt attempt, VerificationSession.Request asked) => attempt switch
    {
        FlashCallAttempt.Leasing => attempt.StartedAt + LeaseTimeout,
        FlashCallAttempt.Calling calling => calling.Lease.At + DialWithin + asked.Policy.PostDialDelayCap + EndOverdueAfter,
        FlashCallAttempt.Ringing ringing => ringing.RangAt + asked.Policy.RingTime + EndOverdueAfter,
        _ => null,
    };

    internal override Judgement Judge(ReportedCode code, Attempt attempt, VerificationSession.Request asked) => (code, attempt) switch
    {
        // Only of a phone that is known to have rung: a repeat of the report must not end the attempt that followed.
        (ReportedCallerId.Withheld, FlashCallAttempt.Ringing or FlashCallAttempt.Over) => new Judgement.NoCode(),
        (ReportedCallerId.LastDigits, FlashCallAttempt.WithCallerId { EnterDigits: null }) =>
            new Judgement.Unfit(Rejection.WholeNumberNeeded),
        (ReportedCallerId.LastDigits typed, FlashCallAttempt.WithCallerId leased) when typed.Digits.Length < leased.EnterDigits =>
            new Judgement.Unfit(Rejection.TooFewDigits),
        (ReportedCallerId.LastDigits typed, FlashCallAttempt.WithCallerId leased) =>
            CallerIdMatch.EndsWith(leased.Lease.CallerId, typed.Digits) ? new Judgement.Match() : new Judgement.NoMatch(),
        (ReportedCallerId.Whole shown, FlashCallAttempt.WithCallerId leased) => CallerIdMatch.Judge(shown.Text, leased.Lease, asked.To),
        (ReportedCallerId, _) => new Judgement.Unfit(Rejection.NothingToReportYet),
        _ => new Judgement.Unfit(Rejection.OtherChannel),
    };

    internal override AttemptEvent NoCodeCame(Attempt attempt, SessionCommand.Report report) =>
        new FlashCallEvent.CallerIdWithheld { AttemptId = attempt.Id, At = report.Now, Source = report.Source };

    internal override IEnumerable<OutgoingMessage> React(AttemptStep before, AttemptStep after, VerificationSession session)
    {
        if (before.Attempt is null && after.Attempt is FlashCallAttempt.Leasing leasing)
            yield return Lease(leasing, session);
        if (before.Attempt is not FlashCallAttempt.Calling && after.Attempt is FlashCallAttempt.Calling calling)
            yield return Place(calling, session);
        if (HasCall(before.Attempt)
            && (HasCall(after.Attempt) ? before.Open && !after.Open : after.Attempt is FlashCallAttempt.Over { EndKnown: false }))
        {
            yield return HangUp(after.Attempt!, session);
        }
        if (after.Attempt is FlashCallAttempt.Over { Call: { InvitedAt: not null } call } over
            && before.Attempt is not FlashCallAttempt.Over { Call: not null })
        {
            yield return CallOver(over, call, session);
        }
        if (IsDone(after) && !IsDone(before))
            yield return Release((FlashCallAttempt.Over)after.Attempt!, session);
    }

    internal override bool IsOurFault(string failure) =>
        failure is Reasons.NumberPoolUnavailable or Reasons.PoolLimit or Reasons.CallInterrupted or Reasons.CallLost or Reasons.CallTooLate;

    private static string ReasonOf(LeaseRefusal refusal) => refusal switch
    {
        LeaseRefusal.BelowFloor => Reasons.PoolTooSmall,
        LeaseRefusal.CalleeLimit => Reasons.CalleeLimit,
        LeaseRefusal.ClientLimit => Reasons.ClientLimit,
        LeaseRefusal.PoolLimit => Reasons.PoolLimit,
        LeaseRefusal.NoNumbers or LeaseRefusal.AllRestingForCallee or LeaseRefusal.NoUsableTrunk or LeaseRefusal.AllBusy =>
            Reasons.NoCallerId,
        _ => throw new InvalidOperationException($"Unknown refusal {refusal}."),
    };

    private static ImmutableList<VerificationEvent> TakeCallerId(FlashCallCommand.TakeCallerId lease, bool open, SessionPolicy policy)
    {
        // The pool was told the floor; one of yesterday's release does not know of it.
        var reports = lease.News.Candidates < policy.MinCandidates() ? 0 : policy.ReportsFor(lease.News.Candidates);
        var leased = new FlashCallEvent.CallerIdLeased
        {
            AttemptId = lease.AttemptId,
            At = lease.News.LeasedAt,
            LeaseId = lease.News.LeaseId,
            CallerId = lease.News.CallerId,
            Trunk = lease.News.Trunk,
            DisclosedPrefix = lease.News.DisclosedPrefix,
            Candidates = lease.News.Candidates,
            ReportsAllowed = reports,
            EnterDigits = lease.News.EnterDigits ?? 0,
        };
        if (open && reports > 0)
            return [leased];
        var reason = open ? Reasons.PoolTooSmall : Reasons.CallTooLate;
        return [leased, new FlashCallEvent.CallNotPlaced { AttemptId = lease.AttemptId, At = lease.Now, Reason = reason }];
    }

    private static FlashCallEvent.CallRang Rang(Guid attemptId, DateTimeOffset invitedAt, DateTimeOffset rangAt) =>
        new() { AttemptId = attemptId, At = rangAt, InvitedAt = invitedAt };

    private static FlashCallEvent.CallEnded Ended(FlashCallEnded news) => new()
    {
        AttemptId = news.AttemptId,
        At = news.EndedAt,
        Disposition = news.Disposition,
        SipStatus = news.SipStatus,
        InvitedAt = news.InvitedAt,
        RangAt = news.RangAt,
        Answered = news.Answered,
        Trunk = news.Trunk,
        Cost = news.Cost,
        Currency = news.Currency,
    };

    /// <summary>A phone that rang, or was picked up, has shown the caller ID, whatever came of the call then: no failure.</summary>
    private static FlashCallAttempt.Over Over(FlashCallAttempt.WithCallerId leased, bool? seen, string? failure) => new()
    {
        Id = leased.Id,
        StartedAt = leased.StartedAt,
        Lease = leased.Lease,
        IsWithheld = leased.IsWithheld,
        Seen = seen,
        CallFailure = seen is true ? null : failure,
        EndKnown = true,
    };

    private static FlashCallAttempt.Over Over(FlashCallAttempt.WithCallerId leased, FlashCallEvent.CallEnded ended)
    {
        var seen = Seen(ended, leased);
        return Over(leased, seen, FailureOf(ended)) with
        {
            Call = ended,
            // A phone that rang first was not kept from it; somebody declined.
            Blocked = seen is not true && ended.Disposition is CallDisposition.Rejected or CallDisposition.NotRinging,
        };
    }

    private static bool? Seen(FlashCallEvent.CallEnded ended, FlashCallAttempt.WithCallerId before)
    {
        if (ended.RangAt is not null || ended.Answered || before is FlashCallAttempt.Ringing or FlashCallAttempt.Over { Seen: true })
            return true;
        return ended.Disposition == CallDisposition.Interrupted ? null : false;
    }

    private static string? FailureOf(FlashCallEvent.CallEnded ended) => ended.Disposition switch
    {
        CallDisposition.Busy => Reasons.CalleeBusy,
        CallDisposition.Rejected => Reasons.CallRejected,
        CallDisposition.InvalidNumber => Reasons.NumberNotInService,
        CallDisposition.Unreachable => Reasons.CalleeUnreachable,
        CallDisposition.NotRinging => Reasons.NotRinging,
        CallDisposition.Congested => Reasons.Congested,
        // The dialer died after the INVITE: the phone may have rung. Whoever saw the call can report it; whoever did not starts anew.
        CallDisposition.Interrupted when ended.InvitedAt is not null => null,
        CallDisposition.Interrupted => Reasons.CallInterrupted,
        CallDisposition.Cancelled => Reasons.CallTooLate,
        CallDisposition.Silent or CallDisposition.TrunkFailed => Reasons.NetworkError,
        CallDisposition.Rang or CallDisposition.Answered => Reasons.NetworkError,
        _ => throw new InvalidOperationException($"Unknown disposition {ended.Disposition}."),
    };

    private static bool HasCall(Attempt? attempt) => attempt is FlashCallAttempt.Calling or FlashCallAttempt.Ringing;

    /// <summary>The call is over and the session wants no more of it: the caller ID can go back, with what became of it.</summary>
    private static bool IsDone(AttemptStep step) => step is { Attempt: FlashCallAttempt.Over, Open: false };

    private static OutgoingMessage Lease(FlashCallAttempt.Leasing attempt, VerificationSession session) => new(
        MessageId.Derive(attempt.Id, "lease"),
        Queues.NumberPool,
        new LeaseCallerId
        {
            VerificationId = session.Id,
            AttemptId = attempt.Id,
            Callee = session.Asked.To,
            ExpiresAt = session.Asked.ExpiresAt + EndOverdueAfter,
            MinCandidates = session.Asked.Policy.MinCandidates(),
            WantedCandidates = session.Asked.Policy.WantedCandidates(),
            Client = ClientKey.Of(session.Asked.ApplicationId, session.Asked.Client),
        });

    private static OutgoingMessage Place(FlashCallAttempt.Calling attempt, VerificationSession session) => new(
        MessageId.Derive(attempt.Id, "place"),
        Queues.Dialer,
        new PlaceFlashCall
        {
            VerificationId = session.Id,
            AttemptId = attempt.Id,
            Callee = session.Asked.To,
            CallerId = attempt.Lease.CallerId,
            Trunk = attempt.Lease.Trunk,
            RingTime = session.Asked.Policy.RingTime,
            PostDialDelayCap = session.Asked.Policy.PostDialDelayCap,
            NotAfter = attempt.Lease.At + DialWithin,
        });

    private static OutgoingMessage HangUp(Attempt attempt, VerificationSession session) => new(
        MessageId.Derive(attempt.Id, "hang-up"),
        Queues.Dialer,
        new HangUp { VerificationId = session.Id, AttemptId = attempt.Id });

    private static OutgoingMessage CallOver(
        FlashCallAttempt.Over attempt, FlashCallEvent.CallEnded call, VerificationSession session) => new(
        MessageId.Derive(attempt.Id, "call-ended"),
        Queue: null,
        new VerificationCallEnded
        {
            VerificationId = session.Id,
            AttemptId = attempt.Id,
            Trunk = call.Trunk,
            Rang = attempt.Seen is true,
            Answered = call.Answered,
            EndedAt = call.At,
        });

    private static OutgoingMessage Release(FlashCallAttempt.Over attempt, VerificationSession session) => new(
        MessageId.Derive(attempt.Id, "release"),
        Queues.NumberPool,
        new ReleaseCallerId
        {
            VerificationId = session.Id,
            AttemptId = attempt.Id,
            LeaseId = attempt.Lease.LeaseId,
            Outcome = attempt.OutcomeIf(session is VerificationSession.Ended { ProvenBy: { } proof } && proof == attempt.Id),
            Trunk = attempt.Call?.Trunk,
            Answered = attempt.Call?.Answered ?? false,
            Blocked = attempt.Blocked,
            Reported = attempt.Reports.Received > 0,
            WrongReports = attempt.Reports.Wrong,
        });
}
