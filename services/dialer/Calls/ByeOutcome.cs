using FlashCall.Sip;

namespace FlashCall.Dialer.Calls;

/// <summary>What becomes of the BYE of an answered call.</summary>
/// <param name="around">What calls work with.</param>
/// <param name="attemptId">The call.</param>
/// <param name="trunk">Its trunk.</param>
/// <param name="dialog">The dialog that it ends.</param>
internal sealed class ByeOutcome(CallSurroundings around, Guid attemptId, string? trunk, SipDialog dialog) : ISipClient
{
    public void OnResponse(SipClientTransaction transaction, SipResponse response)
    {
        if (!response.IsProvisional)
            around.Sip.Close(dialog);
    }

    public void OnFailure(SipClientTransaction transaction, SipClientFailure failure)
    {
        around.Sip.Close(dialog);
        around.Log.ByeUnanswered(attemptId, trunk);
    }
}
