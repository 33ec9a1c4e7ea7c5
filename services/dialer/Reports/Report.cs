using System.Diagnostics;
using FlashCall.Contracts;

namespace FlashCall.Dialer.Reports;

/// <summary>What the platform shall learn about a call.</summary>
/// <param name="AttemptId">The call.</param>
/// <param name="Span">The span that stands for the call, if it is traced.</param>
internal abstract record Report(Guid AttemptId, Activity? Span)
{
    /// <summary>It rings.</summary>
    internal sealed record Ringing(FlashCallRinging Message, Activity? Span) : Report(Message.AttemptId, Span);

    /// <summary>It is over. The span ends when this is reported, with the time of the message.</summary>
    internal sealed record Ended(FlashCallEnded Message, Activity? Span) : Report(Message.AttemptId, Span);
}
