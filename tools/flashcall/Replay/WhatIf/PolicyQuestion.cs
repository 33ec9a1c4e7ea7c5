using FlashCall.Contracts;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;

namespace FlashCall.Cli.Replay.WhatIf;

/// <summary>What became of a request that was refused in truth and that the other policy lets through: nobody knows, so it is
/// said.</summary>
internal enum Unknown
{
    /// <summary>It rang, nobody answered and nobody reported: as an attack does.</summary>
    Unverified,

    /// <summary>It verified the number: as a person does.</summary>
    Verified,

    /// <summary>It never rang, and is counted as if it had not been let through.</summary>
    Withdrawn,
}

/// <summary>
/// The recorded requests and outcomes, in order, through the fraud engine under another policy. The engine is the service's own. What was
/// let through in truth and is let through now has the outcome that it had; what is refused now has none, as in truth; what was refused in
/// truth and is let through now has the one that is said.
/// </summary>
internal sealed class PolicyQuestion : IQuestion
{
    private readonly int _place;
    private readonly DateTimeOffset _from;
    private readonly DateTimeOffset _to;
    private readonly Unknown _unknown;
    private readonly Lane _now;
    private readonly Lane? _base;
    private readonly Action<RecordedSession, Judgement> _differs;

    /// <param name="place">Its place among the questions.</param>
    /// <param name="policy">The policy that is asked about.</param>
    /// <param name="other">The policy that it is held against; null for what was recorded.</param>
    /// <param name="span">Requests made then are counted, those before only warm the history up.</param>
    /// <param name="unknown">What became of requests that were refused in truth.</param>
    /// <param name="differs">Told of each session whose verdict is another one.</param>
    public PolicyQuestion(
        int place, Policy policy, Policy? other, (DateTimeOffset From, DateTimeOffset To) span, Unknown unknown,
        Action<RecordedSession, Judgement> differs)
    {
        (_place, (_from, _to), _unknown, _differs) = (place, span, unknown, differs);
        _now = new Lane(policy, unknown);
        _base = other is null ? null : new Lane(other, unknown);
        Effect = new PolicyEffect(policy, other?.Version);
    }

    /// <summary>What has come of it.</summary>
    public PolicyEffect Effect { get; }

    /// <summary>How many counters the engine keeps now.</summary>
    public int Counters => _now.Engine.History.Count + (_base?.Engine.History.Count ?? 0);

    /// <inheritdoc/>
    public void Put(RecordedSession session)
    {
        RiskRequest request;
        try
        {
            request = session.ToRequest();
        }
        // A number or an address that no reader of today takes: the service would have refused the command.
        catch (ArgumentException)
        {
            Effect.NotUnderstood++;
            return;
        }
        var listed = ListedOf(session, request);
        var recorded = session.Assessed?.Verdict;
        var now = _now.Assess(session, request, listed);
        var before = _base?.Assess(session, request, listed);
        session.Kept[_place] = new Judgement(request)
        {
            Recorded = recorded,
            Then = before?.Verdict ?? recorded,
            Now = now.Verdict,
            Score = now.Score,
            Reason = ReasonOf(now),
            ReasonThen = before is null ? session.Assessed?.Reason : ReasonOf(before),
        };
    }

    /// <inheritdoc/>
    public void Hear(RecordedSession session, RecordedEvent.CallOver call)
    {
        if (session.Kept[_place] is not Judgement judgement || session.WasRefused)
            return;
        var over = new SessionNews.CallOver(call.At, call.Trunk, call.Answered);
        _now.Learn(judgement.Request, judgement.Now, over);
        if (judgement.Then is { } then)
            _base?.Learn(judgement.Request, then, over);
    }

    /// <inheritdoc/>
    public void HearEnd(RecordedSession session)
    {
        if (session.Kept[_place] is not Judgement judgement || session.WasRefused || session.End is not { } end)
            return;
        var ended = new SessionNews.Ended(end.At, session.IsVerified, session.WrongReports, session.WasCalled);
        _now.Learn(judgement.Request, judgement.Now, ended);
        if (judgement.Then is { } then)
            _base?.Learn(judgement.Request, then, ended);
    }

    /// <inheritdoc/>
    public void Leave(RecordedSession session)
    {
        if (session.Kept[_place] is not Judgement judgement)
            return;
        if (session.Asked.At < _from)
        {
            Effect.WarmUp++;
            return;
        }
        if (session.Asked.At >= _to)
            return;
        Effect.Count(session, judgement, _unknown);
        if (judgement.Differs)
            _differs(session, judgement);
    }

    private static List<ListEntry>? ListedOf(RecordedSession session, RiskRequest request)
    {
        List<ListEntry>? listed = null;
        if (session.Assessed is { IsSafe: true })
            (listed ??= []).Add(new ListEntry(ListKind.Safe, new Subject(SubjectKind.Number, request.Number), ExpiresAt: null));
        if (session.Assessed?.BlockListed is { } of && Enum.TryParse<SubjectKind>(of, ignoreCase: true, out var kind)
            && request.SubjectsOf(kind) is [var subject, ..])
        {
            (listed ??= []).Add(new ListEntry(ListKind.Block, subject, ExpiresAt: null));
        }
        return listed;
    }

    private static string? ReasonOf(Assessment assessment)
    {
        foreach (var factor in assessment.Factors)
        {
            if (!factor.Shadow)
                return factor.Code;
        }
        return null;
    }

    /// <summary>One policy's course of events.</summary>
    private sealed class Lane(Policy policy, Unknown unknown)
    {
        // What has no recorded outcome ends as long after its request as its session was to live.
        private readonly PriorityQueue<Outcome, DateTimeOffset> _said = new();

        public RecordedEngine Engine { get; } = new(policy);

        public Assessment Assess(RecordedSession session, RiskRequest request, IReadOnlyList<ListEntry>? listed)
        {
            while (_said.TryPeek(out _, out var due) && due <= request.RequestedAt)
                Engine.Learn(_said.Dequeue());
            var assessment = Engine.Assess(request, listed);
            if (session.WasRefused && assessment.Verdict is not Verdict.Block)
                Say(request, session.Asked.Lifetime);
            return assessment;
        }

        /// <summary>Learns what is recorded of a request that this policy lets through, too.</summary>
        public void Learn(RiskRequest request, Verdict verdict, SessionNews news)
        {
            if (verdict is not Verdict.Block)
                Engine.Learn(news.OutcomeOf(request));
        }

        private void Say(RiskRequest request, TimeSpan lifetime)
        {
            var end = request.RequestedAt + lifetime;
            if (unknown is Unknown.Withdrawn)
            {
                _said.Enqueue(new Outcome.Withdrawn(request, end), end);
                return;
            }
            _said.Enqueue(new Outcome.Called(request, end, Trunk: null, Answered: false), end);
            _said.Enqueue(new Outcome.Ended(request, end, unknown is Unknown.Verified, WrongReports: 0), end);
        }
    }
}

/// <summary>What is said of a session, then and now.</summary>
/// <param name="Request">Its request.</param>
internal sealed record Judgement(RiskRequest Request)
{
    /// <summary>The recorded verdict; null where none was.</summary>
    public Verdict? Recorded { get; init; }

    /// <summary>The verdict that the new one is held against: the recorded one, or the base policy's.</summary>
    public Verdict? Then { get; init; }

    /// <summary>The other policy's verdict.</summary>
    public Verdict Now { get; init; }

    /// <summary>The other policy's score, 0 to 100.</summary>
    public int Score { get; init; }

    /// <summary>The code of the heaviest factor under the other policy; null where there is none.</summary>
    public string? Reason { get; init; }

    /// <summary>The same then.</summary>
    public string? ReasonThen { get; init; }

    /// <summary>Whether the verdict is another one.</summary>
    public bool Differs => Then is { } then && then != Now;
}
