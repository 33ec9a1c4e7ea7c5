using FlashCall.Sip;

namespace FlashCall.Dialer.Calls;

/// <summary>The dialogs of a call that was picked up: one for each phone that was. For one thread at a time.</summary>
/// <param name="around">What calls work with.</param>
/// <param name="attemptId">The call.</param>
internal sealed class CallAnswers(CallSurroundings around, Guid attemptId)
{
    private readonly Dictionary<string, (SipDialog Dialog, SipHop Hop)> _dialogs = new(StringComparer.Ordinal);

    /// <summary>How many dialogs there were.</summary>
    public int Count => _dialogs.Count;

    /// <summary>Notes a 2xx.</summary>
    /// <param name="transaction">The INVITE.</param>
    /// <param name="response">The response.</param>
    /// <param name="isNew">Whether it is the first of its dialog.</param>
    /// <returns>What tells its dialog from others.</returns>
    public string Add(SipClientTransaction transaction, SipResponse response, out bool isNew)
    {
        var dialog = SipDialog.OfCaller(transaction.Request, response);
        var id = $"{dialog.CallId};{dialog.RemoteTag}";
        isNew = _dialogs.TryAdd(id, (dialog, transaction.Hop));
        return id;
    }

    /// <summary>Acknowledges a 2xx.</summary>
    /// <param name="id">The dialog.</param>
    public void Acknowledge(string id)
    {
        var (dialog, hop) = _dialogs[id];
        around.Sip.Stack.SendAck(dialog.CreateAck(), around.Sip.HopTo(dialog, hop));
    }

    /// <summary>Hangs up.</summary>
    /// <param name="id">The dialog.</param>
    /// <param name="trunk">The trunk.</param>
    public void HangUp(string id, string? trunk)
    {
        var (dialog, hop) = _dialogs[id];
        around.Sip.Open(dialog);
        var outcome = new ByeOutcome(around, attemptId, trunk, dialog);
        around.Sip.Stack.Send(dialog.CreateRequest(SipMethod.Bye), around.Sip.HopTo(dialog, hop), outcome);
    }
}
