using FlashCall.Contracts;
using FlashCall.Dialer.Routing;

namespace FlashCall.Dialer.Calls;

/// <summary>What is logged of calls. No phone number and no caller ID.</summary>
internal sealed partial class CallLog(ILogger<OngoingCall> logger)
{
    [LoggerMessage(Level = LogLevel.Warning,
        Message = "No trunk takes attempt {AttemptId}, whose caller ID was leased on {Trunk}: {Why}. "
            + "See GET /v1/trunks and docs/trunks.md")]
    public partial void NoTrunk(Guid attemptId, NoTrunk why, string trunk);

    [LoggerMessage(Level = LogLevel.Error, Message = "Looking for a trunk for attempt {AttemptId} failed; the call ends")]
    public partial void SearchFailed(Exception exception, Guid attemptId);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "Attempt {AttemptId} cannot reach trunk {Trunk} at {Address}. See the trunk's addresses and FLASHCALL_DIALER__SIPLISTEN")]
    public partial void NoWay(Exception exception, Guid attemptId, string trunk, string address);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Attempt {AttemptId} was picked up on trunk {Trunk} after its end was reported; it is hung up, and will be charged")]
    public partial void AnsweredAfterEnd(Guid attemptId, string? trunk);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Attempt {AttemptId} ended {Disposition} (SIP status {Status})")]
    public partial void Ended(Guid attemptId, CallDisposition disposition, int? status);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "The BYE of attempt {AttemptId} got no answer from trunk {Trunk}; the call may be charged for longer than it lasted")]
    public partial void ByeUnanswered(Guid attemptId, string? trunk);
}
