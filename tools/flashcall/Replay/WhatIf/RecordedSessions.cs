using FlashCall.Contracts;

namespace FlashCall.Cli.Replay.WhatIf;

/// <summary>One question that is asked of what was recorded. It hears of every session in the order of the log.</summary>
internal interface IQuestion
{
    /// <summary>A request was assessed, or would have been.</summary>
    void Put(RecordedSession session);

    /// <summary>A call of a session that was put is over.</summary>
    void Hear(RecordedSession session, RecordedEvent.CallOver call);

    /// <summary>A session that was put has ended; calls of it may not be over.</summary>
    void HearEnd(RecordedSession session);

    /// <summary>No more is to be heard of a session that was put, or nothing came for so long that it is given up.</summary>
    void Leave(RecordedSession session);
}

/// <summary>
/// Puts the events of many sessions, which come mixed, together, and tells the questions. Sessions that are done are let go, and those of
/// which nothing came for an hour, so that memory does not grow with the log. A request is put at its assessment: that is the order in
/// which the fraud service counted.
/// </summary>
/// <param name="questions">Who wants to hear.</param>
internal sealed class RecordedSessions(IReadOnlyList<IQuestion> questions)
{
    /// <summary>Longer than any session lives, and any call after it.</summary>
    private static readonly TimeSpan GivenUpAfter = TimeSpan.FromHours(1);

    private readonly Dictionary<Guid, RecordedSession> _open = [];
    private readonly Queue<RecordedSession> _byAge = [];

    /// <summary>The latest time that was heard of.</summary>
    public DateTimeOffset Clock { get; private set; } = DateTimeOffset.MinValue;

    /// <summary>How many requests there were.</summary>
    public long Requests { get; private set; }

    /// <summary>Requests of people who were forgotten: there is nothing left to ask about.</summary>
    public long Erased { get; private set; }

    /// <summary>Events of sessions whose beginning was not read.</summary>
    public long WithoutBeginning { get; private set; }

    /// <summary>How many sessions are kept now.</summary>
    public int Open => _open.Count;

    /// <summary>Takes an event.</summary>
    /// <exception cref="CommandException">The number in it is masked.</exception>
    public void Take(RecordedEvent happened)
    {
        if (happened.At > Clock)
            Clock = happened.At;
        if (happened is RecordedEvent.Asked asked)
        {
            Begin(asked);
            return;
        }
        if (!_open.TryGetValue(happened.Session, out var session))
        {
            WithoutBeginning++;
            return;
        }
        switch (happened)
        {
            case RecordedEvent.Assessed assessed:
                session.Assessed = assessed;
                Put(session);
                break;
            case RecordedEvent.NotAssessed:
                Put(session);
                break;
            case RecordedEvent.Leased leased:
                session.Take(leased);
                break;
            case RecordedEvent.NotCalled back:
                session.Take(back);
                break;
            case RecordedEvent.Reported { Matched: true } report:
                session.RightReport = report;
                break;
            case RecordedEvent.Reported:
                session.WrongReports++;
                break;
            case RecordedEvent.CallOver over:
                if (session.Take(over) && session.IsPut)
                {
                    foreach (var question in questions)
                        question.Hear(session, over);
                }
                break;
            case RecordedEvent.Ended ended:
                session.End = ended;
                // Ended before its risk was known: the fraud service was asked all the same, and counted the request.
                Put(session);
                foreach (var question in questions)
                    question.HearEnd(session);
                break;
        }
        if (session.IsDone)
            Leave(session);
    }

    /// <summary>No more events come.</summary>
    public void Finish()
    {
        foreach (var session in _open.Values.OrderBy(session => session.Asked.At).ToList())
            Leave(session);
        _byAge.Clear();
    }

    private void Begin(RecordedEvent.Asked asked)
    {
        while (_byAge.TryPeek(out var oldest) && (!_open.ContainsKey(oldest.Asked.Session) || oldest.Asked.At < Clock - GivenUpAfter))
        {
            _byAge.Dequeue();
            if (_open.ContainsKey(oldest.Asked.Session))
                Leave(oldest);
        }
        if (asked.To == PhoneNumber.Erased.E164)
        {
            Erased++;
            return;
        }
        if (asked.To.Contains('•', StringComparison.Ordinal))
        {
            throw new CommandException(
                "The events have masked numbers, and the engine counts by number. Read the database, or "
                + "export the numbers in plain.");
        }
        Requests++;
        var session = new RecordedSession(asked) { Kept = new object?[questions.Count] };
        if (_open.TryAdd(asked.Session, session))
            _byAge.Enqueue(session);
    }

    private void Put(RecordedSession session)
    {
        if (session.IsPut)
            return;
        session.IsPut = true;
        foreach (var question in questions)
            question.Put(session);
    }

    private void Leave(RecordedSession session)
    {
        _open.Remove(session.Asked.Session);
        if (!session.IsPut)
            return;
        foreach (var question in questions)
            question.Leave(session);
    }
}
