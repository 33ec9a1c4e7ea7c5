namespace FlashCall.Sip;

/// <summary>Shows messages to who wants to see them; a log that fails does not stop calls.</summary>
internal sealed class SipTap(SipMessageTap show, Action<Exception> onFault)
{
    /// <summary>Shows one.</summary>
    public void Show(SipDirection direction, SipHop hop, ReadOnlySpan<byte> message)
    {
        try
        {
            show(direction, hop, message);
        }
        catch (Exception exception)
        {
            onFault(exception);
        }
    }

    /// <summary>Shows what arrives before it is taken.</summary>
    public SipMessageArrived Before(SipMessageArrived take) => (message, source) =>
    {
        Show(SipDirection.Received, source, message);
        take(message, source);
    };
}
