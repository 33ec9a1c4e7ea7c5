using System.Text;
using FlashCall.Dialer.Signalling;
using Xunit;

namespace FlashCall.Dialer.Tests.Signalling;

public sealed class MaskedMessageTests
{
    [Fact]
    public void An_operator_sees_the_message_without_numbers_credentials_and_body()
    {
        const string message =
            "INVITE sip:+46701234567@192.168.100.200:5060 SIP/2.0\r\n"
            + "Via: SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK12345678901;rport\r\n"
            + "From: \"020 7946 0123\" <sip:+442079460123@192.0.2.1>;tag=98765432101\r\n"
            + "To: <tel:+46-70-123-45-67>\r\n"
            + "f: <sip:00442079460123@192.0.2.1>;tag=1234567890\r\n"
            + "Call-ID: 1234567890123\r\n"
            + "CSeq: 1234567 INVITE\r\n"
            + "P-Asserted-Identity: <sip:%2B442079460123@192.0.2.1>,\r\n <tel:442079460123>\r\n"
            + "Proxy-Authorization: Digest username=\"shop\",\r\n response=\"0123456789\"\r\n"
            + "X-Number: (070) 123/4567\r\n"
            + "Content-Length: 9\r\n"
            + "\r\n"
            + "o=4670123";

        Assert.Equal(
            """
            INVITE sip:+4670•••••••@192.168.100.200:5060 SIP/2.0
            Via: SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK12345678901;rport
            From: "020 7••• ••••" <sip:+4420••••••••@192.0.2.1>;tag=98765432101
            To: <tel:+46-70-•••-••-••>
            f: <sip:0044••••••••••@192.0.2.1>;tag=1234567890
            Call-ID: 1234567890123
            CSeq: 1234567 INVITE
            P-Asserted-Identity: <sip:%2B4420••••••••@192.0.2.1>,
             <tel:4420••••••••>
            Proxy-Authorization: •••
             •••
            X-Number: (070) 1••/••••
            Content-Length: 9
            (a body of 9 bytes)
            """,
            MaskedMessage.Of(Encoding.Latin1.GetBytes(message)));
    }

    [Fact]
    public void Bytes_that_are_no_message_are_shown_and_do_no_harm() =>
        Assert.Equal("·ÿ\n·4420•••••••", MaskedMessage.Of([0, 0xff, (byte)'\n', 7, .. "44207946012"u8]));
}
