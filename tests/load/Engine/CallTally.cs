using FlashCall.Contracts;
using FlashCall.Dialer.Reports;

namespace FlashCall.Load.Engine;

/// <summary>What the calls of one try reported.</summary>
internal sealed class CallTally
{
    private int _rang;
    private int _ended;
    private int _endedOtherwise;

    /// <summary>Calls that reported ringing.</summary>
    public int Ringing => Volatile.Read(ref _rang);

    /// <summary>Calls that are over.</summary>
    public int Ended => Volatile.Read(ref _ended);

    /// <summary>Calls that ended as a flash call should: it rang, and nobody answered.</summary>
    public int Succeeded => Ended - Volatile.Read(ref _endedOtherwise);

    /// <summary>Takes a report.</summary>
    public void Take(Report report)
    {
        if (report is Report.Ringing)
        {
            Interlocked.Increment(ref _rang);
            return;
        }
        if (((Report.Ended)report).Message.Disposition != CallDisposition.Rang)
            Interlocked.Increment(ref _endedOtherwise);
        Interlocked.Increment(ref _ended);
    }
}
