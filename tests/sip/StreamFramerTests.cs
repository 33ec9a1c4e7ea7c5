using System.Text;
using Xunit;

namespace FlashCall.Sip.Tests;

/// <summary>RFC 3261 §18.3 and §7.5, RFC 5626 §3.5.1.</summary>
public sealed class StreamFramerTests
{
    private const string Short = "OPTIONS sip:a@b SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 0\r\n\r\n";
    private const string WithBody = "MESSAGE sip:a@b SIP/2.0\r\nl : 12\r\nCall-ID: 2\r\n\r\nhello\r\n\r\nyou";
    private const string Folded = "OPTIONS sip:a@b SIP/2.0\ncontent-length:\n\t 3\nCall-ID: 3\n\nxyz";

    [Fact]
    public void However_a_stream_is_cut_its_messages_come_whole()
    {
        var stream = "\r\n" + Short + WithBody + "\r\n\r\n" + Folded + "\r\n\r\n" + Short;
        string[] expected = [Short, WithBody, "ping", Folded, "ping", Short];

        for (var piece = 1; piece <= stream.Length; piece++)
        {
            Assert.Equal(expected, Frames(stream, piece, out var rest));
            Assert.False(rest);
        }
    }

    [Fact]
    public void A_message_of_the_greatest_length_in_one_byte_pieces()
    {
        var body = new string('x', 30_000);
        var message = $"MESSAGE sip:a@b SIP/2.0\r\nContent-Length: {body.Length}\r\n\r\n{body}";

        Assert.Equal([message, Short], Frames(message + Short, 1, out _));
    }

    [Theory]
    [InlineData("OPTIONS sip:a@b SIP/2.0\r\nCall-ID: 1\r\n\r\n")]
    [InlineData("OPTIONS sip:a@b SIP/2.0\r\nContent-Length: five\r\n\r\n")]
    [InlineData("OPTIONS sip:a@b SIP/2.0\r\nContent-Length:\r\n\r\n")]
    [InlineData("OPTIONS sip:a@b SIP/2.0\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 1\r\nl: 2\r\n\r\n")]
    public void Where_the_length_is_not_known_nothing_goes_on(string headers)
    {
        Assert.Equal((SipFrame.Unframed, headers), First(headers + "ab"));
    }

    [Fact]
    public void The_same_length_twice_is_a_length() =>
        Assert.Equal(SipFrame.Message, First("OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 1\r\nl: 1\r\n\r\nxy").Frame);

    [Theory]
    [InlineData("1001")]
    [InlineData("99999999999999999999999")]
    public void A_message_longer_than_the_limit_is_told_by_its_headers(string length)
    {
        var headers = $"OPTIONS sip:a@b SIP/2.0\r\nContent-Length: {length}\r\n\r\n";

        Assert.Equal((SipFrame.TooLong, headers), First(headers, limit: 1000));
    }

    [Fact]
    public void Headers_without_an_end_do_not_grow_for_ever()
    {
        Assert.Equal(SipFrame.Incomplete, First(new string('x', 999), limit: 1000).Frame);
        Assert.Equal(SipFrame.Endless, First(new string('x', 1000), limit: 1000).Frame);
    }

    private static (SipFrame Frame, string Bytes) First(string stream, int limit = SipParser.MaxMessageBytes)
    {
        using var framer = new SipStreamFramer(limit);
        Put(framer, Encoding.ASCII.GetBytes(stream));
        var frame = framer.Next(out var bytes);
        return (frame, Encoding.ASCII.GetString(bytes));
    }

    private static List<string> Frames(string stream, int piece, out bool rest)
    {
        using var framer = new SipStreamFramer(SipParser.MaxMessageBytes);
        var frames = new List<string>();
        foreach (var chunk in Encoding.ASCII.GetBytes(stream).Chunk(piece))
        {
            Put(framer, chunk);
            for (var frame = framer.Next(out var bytes); frame != SipFrame.Incomplete; frame = framer.Next(out bytes))
                frames.Add(frame == SipFrame.Message ? Encoding.ASCII.GetString(bytes) : frame == SipFrame.Ping ? "ping" : $"{frame}");
        }
        rest = framer.IsWithinMessage;
        return frames;
    }

    private static void Put(SipStreamFramer framer, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var room = framer.Room().Span;
            var count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            framer.Arrived(count);
            bytes = bytes[count..];
        }
    }
}
