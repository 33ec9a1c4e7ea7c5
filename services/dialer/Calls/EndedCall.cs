using FlashCall.Sip;

namespace FlashCall.Dialer.Calls;

/// <summary>The calls that ended on a trunk, until none of their phones can be picked up any more: half a minute in which nothing is kept
/// of them but their ids.</summary>
/// <param name="around">What calls work with.</param>
/// <param name="trunk">The trunk.</param>
internal sealed class EndedCalls(CallSurroundings around, string trunk) : ISipLateAnswers
{
    public ISipClient ClientOf(Guid call) => new EndedCall(around, call, trunk);
}

/// <summary>A call whose end is reported and whose phone was picked up after all: it is acknowledged and hung up.</summary>
/// <param name="around">What calls work with.</param>
/// <param name="attemptId">The call.</param>
/// <param name="trunk">Its trunk.</param>
internal sealed class EndedCall(CallSurroundings around, Guid attemptId, string trunk) : ISipClient
{
    private CallAnswers? _answers;

    public void OnResponse(SipClientTransaction transaction, SipResponse response)
    {
        if (!response.IsSuccess)
            return;
        var answers = LazyInitializer.EnsureInitialized(ref _answers, () => new CallAnswers(around, attemptId));
        lock (answers)
        {
            var dialog = answers.Add(transaction, response, out var isNew);
            answers.Acknowledge(dialog);
            if (!isNew)
                return;
            if (answers.Count == 1)
                around.Log.AnsweredAfterEnd(attemptId, trunk);
            answers.HangUp(dialog, trunk);
        }
    }

    // The INVITE has its final response, so nothing can fail any more.
    public void OnFailure(SipClientTransaction transaction, SipClientFailure failure)
    {
    }
}
