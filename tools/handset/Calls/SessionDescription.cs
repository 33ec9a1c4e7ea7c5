using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FlashCall.Handset.Calls;

/// <summary>The answer to an offer (RFC 3264, RFC 8866). The phones carry no sound: the stream is inactive, at the discard port.</summary>
internal static class SessionDescription
{
    /// <summary>The media type.</summary>
    public const string MediaType = "application/sdp";

    /// <summary>One inactive audio stream, PCMU and PCMA.</summary>
    public static byte[] Inactive(IPAddress address)
    {
        var kind = address.AddressFamily == AddressFamily.InterNetworkV6 ? "IP6" : "IP4";
        return Encoding.ASCII.GetBytes(
            $"v=0\r\no=handset 1 1 IN {kind} {address}\r\ns=-\r\nc=IN {kind} {address}\r\nt=0 0\r\n" +
            "m=audio 9 RTP/AVP 0 8\r\na=inactive\r\n");
    }
}
