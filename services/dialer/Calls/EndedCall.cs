using FlashCall.Sip;

namespace FlashCall.Dialer.Calls;

/// <summary>A call whose end is reported, as far as it is still of use: if somebody picks up after all, it is acknowledged and hung up.
/// The calls of half a minute are kept so, each until no phone can be picked up any more.</summary>
/// <param name="around">What calls work with.</param>
/// <param name="attemptId">The call.</param>
/// <param name="trunk">Its trunk.</param>
internal sealed class EndedCall(CallSurroundings around, Guid attemptId, string? trunk) : ISipClient
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
