using System.Text;

namespace FlashCall.Sip.Tests;

/// <summary>Messages to start from.</summary>
internal static class Sample
{
    public const string Invite =
        "INVITE sip:+46701740605@127.0.0.1 SIP/2.0\r\n" +
        "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKa1;rport\r\n" +
        "Max-Forwards: 70\r\n" +
        "From: \"FlashCall\" <sip:+442079460123@127.0.0.1>;tag=from1\r\n" +
        "To: <sip:+46701740605@127.0.0.1>\r\n" +
        "Call-ID: call1\r\n" +
        "CSeq: 1 INVITE\r\n" +
        "Contact: <sip:+442079460123@127.0.0.1:5070>\r\n" +
        "Content-Length: 0\r\n" +
        "\r\n";

    /// <summary>A request within nothing, complete but for Via.</summary>
    public static SipRequest Request(string method, string? callId = null, uint sequence = 1) => SipRequest.Create(
        method,
        SipUri.Parse("sip:+46701740605@127.0.0.1:5060"),
        new SipAddress(SipUri.Parse("sip:+442079460123@127.0.0.1")).WithTag(SipId.NewTag()),
        new SipAddress(SipUri.Parse("sip:+46701740605@127.0.0.1")),
        callId ?? SipId.NewCallId(),
        sequence);

    public static SipMessage Parse(string text) => Parse(Encoding.UTF8.GetBytes(text));

    public static SipMessage Parse(ReadOnlySpan<byte> bytes) =>
        SipParser.TryParse(bytes, out var message, out var error)
            ? message
            : throw new InvalidOperationException($"Not a message: {error}.");

    public static SipParseError ErrorOf(string text) => ErrorOf(Encoding.UTF8.GetBytes(text));

    public static SipParseError ErrorOf(ReadOnlySpan<byte> bytes)
    {
        var parsed = SipParser.TryParse(bytes, out var message, out var error);
        Xunit.Assert.Equal(parsed, message is not null);
        return error;
    }
}
