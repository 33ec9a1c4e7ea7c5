namespace FlashCall.Sip;

/// <summary>Who we are to a peer that asks (RFC 3261 §22). Secret: never to a log, a trace or an error.</summary>
/// <param name="UserName">The user name. Any text; it goes over the wire as UTF-8.</param>
/// <param name="Password">The password.</param>
public sealed record SipCredentials(string UserName, string Password)
{
    /// <summary>Nothing of either.</summary>
    public override string ToString() => "•••";
}
