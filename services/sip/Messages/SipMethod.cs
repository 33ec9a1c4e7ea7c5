namespace FlashCall.Sip;

/// <summary>Request methods (RFC 3261 §7.1, and the RFC each extension names). Methods are case-sensitive; any other token is a method
/// too.</summary>
public static class SipMethod
{
    /// <summary>Begins a call (RFC 3261 §13).</summary>
    public const string Invite = "INVITE";

    /// <summary>Confirms the final response to an INVITE (RFC 3261 §13, §17).</summary>
    public const string Ack = "ACK";

    /// <summary>Ends a call that was answered (RFC 3261 §15).</summary>
    public const string Bye = "BYE";

    /// <summary>Ends a call that was not answered yet (RFC 3261 §9).</summary>
    public const string Cancel = "CANCEL";

    /// <summary>Asks what a peer can do; the usual probe whether it is alive (RFC 3261 §11).</summary>
    public const string Options = "OPTIONS";

    /// <summary>Binds an address (RFC 3261 §10).</summary>
    public const string Register = "REGISTER";

    /// <summary>Acknowledges a reliable provisional response (RFC 3262).</summary>
    public const string Prack = "PRACK";

    /// <summary>Mid-call information (RFC 6086).</summary>
    public const string Info = "INFO";

    /// <summary>Changes a session before it is answered (RFC 3311).</summary>
    public const string Update = "UPDATE";

    /// <summary>A page of text (RFC 3428).</summary>
    public const string Message = "MESSAGE";

    /// <summary>Asks to be told of events (RFC 6665).</summary>
    public const string Subscribe = "SUBSCRIBE";

    /// <summary>Tells of an event (RFC 6665).</summary>
    public const string Notify = "NOTIFY";

    /// <summary>Makes an event known (RFC 3903).</summary>
    public const string Publish = "PUBLISH";

    /// <summary>Asks the peer to send a request elsewhere (RFC 3515).</summary>
    public const string Refer = "REFER";

    private static readonly string[] Known =
        [Invite, Ack, Bye, Cancel, Options, Register, Prack, Info, Update, Message, Subscribe, Notify, Publish, Refer];

    /// <summary>Whether a method is one of those registered with IANA; others are answered with 501 instead of 405 (RFC 3261
    /// §21.5.2).</summary>
    public static bool IsKnown(string method) => Known.Contains(method, StringComparer.Ordinal);

    /// <summary>The method as a string, without an allocation for the usual ones.</summary>
    internal static string Intern(ReadOnlySpan<char> method)
    {
        foreach (var known in Known)
        {
            if (method.SequenceEqual(known))
                return known;
        }
        return method.ToString();
    }
}
