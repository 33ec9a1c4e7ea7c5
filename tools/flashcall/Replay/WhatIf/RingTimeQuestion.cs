using FlashCall.Contracts;

namespace FlashCall.Cli.Replay.WhatIf;

/// <summary>
/// What another ring time would have changed. A phone shows a missed call once it has rung for a moment, so that who reported after the
/// call was over is not touched by a shorter ringing that is long enough to be shown. Touched is who reported while it still rang, later
/// than the other ring time: the app or person had no more than the call log then. A longer ringing may win at most those whose phone rang
/// to the end and of whom nothing was heard.
/// </summary>
/// <param name="ringTime">How long phones would ring.</param>
/// <param name="span">Sessions of requests made then are counted.</param>
internal sealed class RingTimeQuestion(TimeSpan ringTime, (DateTimeOffset From, DateTimeOffset To) span) : IQuestion
{
    /// <summary>Reports within this many tenths of a second; the last takes all that came later.</summary>
    private const int Tenths = 600;

    private readonly long[] _typed = new long[Tenths + 1];
    private readonly long[] _read = new long[Tenths + 1];

    /// <summary>The other ring time.</summary>
    public TimeSpan RingTime => ringTime;

    /// <summary>Sessions whose phone rang.</summary>
    public long Rang { get; private set; }

    /// <summary>Of these, the verified ones.</summary>
    public long Verified { get; private set; }

    /// <summary>Of these, those reported while the phone rang.</summary>
    public long WhileRinging { get; private set; }

    /// <summary>Of these, those reported later than the other ring time: at risk if it is shorter.</summary>
    public long AtRisk { get; private set; }

    /// <summary>Sessions that rang as long as they were to, less than the other ring time, and were neither answered nor reported on: the
    /// most that longer ringing can win.</summary>
    public long MayWin { get; private set; }

    /// <summary>Answered calls, which cost.</summary>
    public long Answered { get; private set; }

    /// <summary>Of these, those that were answered later than the other ring time: not answered if it is shorter.</summary>
    public long AnsweredLater { get; private set; }

    /// <summary>Seconds from the first ring to the right report, of so many in a hundred of the reports.</summary>
    /// <param name="typed">Of reports that a person typed; otherwise of those that an app read.</param>
    /// <param name="percent">1 to 99.</param>
    /// <returns>Null where there is no report.</returns>
    public double? Delay(bool typed, int percent)
    {
        var all = typed ? _typed : _read;
        var left = (long)Math.Ceiling(all.Sum() * percent / 100.0);
        for (var i = 0; left > 0; i++)
        {
            left -= all[i];
            if (left <= 0)
                return (i + 1) / 10.0;
        }
        return null;
    }

    /// <inheritdoc/>
    public void Put(RecordedSession session)
    {
    }

    /// <inheritdoc/>
    public void Hear(RecordedSession session, RecordedEvent.CallOver call)
    {
    }

    /// <inheritdoc/>
    public void HearEnd(RecordedSession session)
    {
    }

    /// <inheritdoc/>
    public void Leave(RecordedSession session)
    {
        if (session.Call is not { RangAt: { } rangAt } call || session.Asked.At < span.From || session.Asked.At >= span.To)
            return;
        Rang++;
        var rang = call.At - rangAt;
        if (call.Answered)
        {
            Answered++;
            AnsweredLater += rang > ringTime ? 1 : 0;
        }
        if (session.IsVerified && session.RightReport is { } report)
        {
            Verified++;
            var delay = report.At - rangAt;
            (report.Typed ? _typed : _read)[(int)Math.Clamp(delay.TotalSeconds * 10, 0, Tenths)]++;
            if (report.At <= call.At)
            {
                WhileRinging++;
                AtRisk += delay > ringTime ? 1 : 0;
            }
        }
        else if (!call.Answered && session.End?.Outcome is VerificationOutcome.Expired && session.WrongReports == 0
            && rang >= session.Asked.RingTime && session.Asked.RingTime < ringTime)
        {
            MayWin++;
        }
    }
}
