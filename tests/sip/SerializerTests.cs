using System.Text;
using CsCheck;
using Xunit;

namespace FlashCall.Sip.Tests;

public sealed class SerializerTests
{
    private const string TokenCharacters = "abcXYZ019-.!%*_+`'~";

    private static readonly Gen<string> Token = Gen.Char[TokenCharacters].Array[1, 12].Select(characters => new string(characters));

    private static readonly Gen<string> Host = Gen.OneOf(
        Gen.Select(Gen.Byte, Gen.Byte, Gen.Byte, Gen.Byte).Select((a, b, c, d) => $"{a}.{b}.{c}.{d}"),
        Gen.Int[0, 3].Select(i => new[] { "trunk.example", "a-b.c", "[2001:db8::1]", "[::ffff:192.0.2.1]" }[i]));

    private static readonly Gen<string> Text = Gen.Char["ab \"\\,;<>@:=åß☎"].Array[0, 16].Select(characters => new string(characters));

    private static readonly Gen<SipUri> Uri = Gen.Select(Text.Where(text => text.Length > 0).Null(), Host, Gen.Int[1, 65535])
        .Select((user, host, port) => SipUri.Create(user, host, port % 3 == 0 ? null : port));

    private static readonly Gen<string> Address = Gen.Select(Text.Null(), Uri, Token)
        .Select((name, uri, tag) => $"{(name is null ? "" : SipText.Quote(name))}<{uri.Text}>;tag={tag}");

    private static readonly Gen<(string Name, string Value)> Unknown =
        Gen.Select(Token, Text).Select((name, value) => ($"X-{name}", value.Trim()));

    private static readonly Gen<SipMessage> Message = Gen.Select(
            Gen.Select(Gen.Bool, Token, Gen.Int[100, 699], Uri, Text),
            Gen.Select(Address, Address, Token, Gen.UInt[0, int.MaxValue]),
            Gen.Select(Host, Token).Array[1, 4],
            Unknown.Array[0, 6],
            Gen.Byte.Array[0, 64])
        .Select(Build);

    private static readonly Gen<(int Position, byte Value)[]> Damage = Gen.Select(Gen.Int[0, 10_000], Gen.Byte).Array[1, 8];

    [Fact]
    public void What_is_written_is_read_as_it_was() => Message.Sample(
        message =>
        {
            var bytes = message.ToBytes();
            var read = Sample.Parse(bytes);

            Assert.Equal(message.GetType(), read.GetType());
            if (message is SipRequest request)
                Assert.Equal((request.Method, request.Uri.Text), (((SipRequest)read).Method, ((SipRequest)read).Uri.Text));
            if (message is SipResponse response)
                Assert.Equal((response.Status, response.Reason), (((SipResponse)read).Status, ((SipResponse)read).Reason));
            Assert.Equal(
                message.Headers.Where(header => header.Name != "Content-Length"),
                read.Headers.Where(header => header.Name != "Content-Length"));
            Assert.Equal(message.From.Text, read.From.Text);
            Assert.Equal(message.From.DisplayName, read.From.DisplayName);
            Assert.Equal(message.From.Uri.User, read.From.Uri.User);
            Assert.Equal(message.TopVia.Text, read.TopVia.Text);
            Assert.Equal(message.CSeq, read.CSeq);
            Assert.Equal(message.Body.ToArray(), read.Body.ToArray());
            Assert.Equal(bytes, read.ToBytes());
        },
        iter: 2_000);

    [Fact]
    public void No_damage_makes_the_parser_throw() => Gen.Select(Message, Damage, Gen.Int[0, 10_000]).Sample(
        (message, damage, cut) =>
        {
            var bytes = message.ToBytes();
            foreach (var (position, value) in damage)
                bytes[position % bytes.Length] = value;
            Sample.ErrorOf(bytes.AsSpan(0, cut % (bytes.Length + 1)));
            // What was damaged and still is a message can be written and read again.
            if (SipParser.TryParse(bytes, out var read, out _))
                Assert.Equal(SipParseError.None, Sample.ErrorOf(read.ToBytes()));
        },
        iter: 5_000);

    [Fact]
    public void Content_Length_is_what_the_body_has_wherever_it_stands()
    {
        var message = Sample.Parse(Sample.Invite.Replace("Max-Forwards", "l: 0\r\nMax-Forwards", StringComparison.Ordinal)
            .Replace("Content-Length: 0\r\n", "", StringComparison.Ordinal));
        message.SetBody("text/plain", "åå"u8.ToArray());

        var text = Encoding.UTF8.GetString(message.ToBytes());

        Assert.Contains("rport\r\nContent-Length: 4\r\nMax-Forwards", text, StringComparison.Ordinal);
        Assert.EndsWith("Content-Type: text/plain\r\n\r\nåå", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_that_lacks_what_is_asked_for_says_so()
    {
        var request = new SipRequest("BYE", SipUri.Parse("sip:a@b"));

        Assert.Contains("Via", Assert.Throws<InvalidOperationException>(() => request.TopVia).Message, StringComparison.Ordinal);
        Assert.Contains("Call-ID", Assert.Throws<InvalidOperationException>(() => request.CallId).Message, StringComparison.Ordinal);
        request.Headers.Add("From", "<sip:a@b>;tag=1");
        Assert.Equal("1", request.From.Tag);
        request.Headers.Set("From", "<sip:a@b>;tag=2");
        Assert.Equal("2", request.From.Tag);
    }

    private static SipMessage Build(
        (bool Request, string Method, int Status, SipUri Uri, string Reason) start,
        (string From, string To, string CallId, uint Sequence) call,
        (string Host, string Branch)[] hops,
        (string Name, string Value)[] unknown,
        byte[] body)
    {
        SipMessage message = start.Request ? new SipRequest(start.Method, start.Uri) : new SipResponse(start.Status, start.Reason);
        foreach (var (host, branch) in hops)
            message.Headers.Add("Via", $"SIP/2.0/UDP {host}:5060;branch={branch}");
        message.Headers.Add("From", call.From);
        message.Headers.Add("To", call.To);
        message.Headers.Add("Call-ID", call.CallId);
        message.Headers.Add("CSeq", new SipCSeq(call.Sequence, start.Method).ToString());
        foreach (var (name, value) in unknown)
            message.Headers.Add(name, value);
        message.SetBody("application/octet-stream", body);
        return message;
    }
}
