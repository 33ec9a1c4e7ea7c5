using System.Text;

namespace FlashCall.Fuzz;

/// <summary>Makes new inputs of old ones: damage to bytes, and damage that knows how SIP is built, by lines, separators, numbers,
/// names.</summary>
/// <param name="random">Where it takes its choices from; the same seed gives the same inputs.</param>
internal sealed class Mutator(Random random)
{
    // A datagram's worth, and a little more.
    private const int MostBytes = 66_000;

    private static readonly byte[][] Words = [.. new[]
    {
        "\r\n", "\n", "\r", "\r\n\r\n", " ", "\t", "\r\n ", ":", ";", ",", "=", "\"", "\\", "<", ">", "@", "?", "%", "%00", "%zz", "[", "]",
        "[::1]", "\0", "\u007f", "\uFEFF", "☎", "-1", "0", "70", "255", "256", "65535", "65536", "2147483647", "2147483648", "4294967296",
        "99999999999999999999",
        "sip:", "sips:", "tel:+1", "isbn:1", "SIP/2.0", "SIP/3.0", "SIP/2.0/UDP", "SIP / 2.0 / TCP", "UDP", "z9hG4bK",
        ";branch=z9hG4bK", ";rport", ";rport=", ";received=", ";maddr=224.0.0.1", ";ttl=1", ";tag=", ";lr", "*", "INVITE", "ACK", "BYE",
        "CANCEL", "OPTIONS", "REGISTER", "SIP/2.0 180 Ringing", "Via: ", "v:", "From: ", "f:", "To: ", "t:", "Call-ID: ", "i:", "CSeq: ",
        "Contact: ", "m:", "Content-Length: ", "l:", "Max-Forwards: ", "Route: ", "Record-Route: ", "Require: 100rel", "Subject:", "s :",
    }.Select(Encoding.UTF8.GetBytes)];

    /// <summary>One to several changes to an input.</summary>
    /// <param name="input">What is changed.</param>
    /// <param name="other">What parts may be taken from.</param>
    public byte[] Mutate(byte[] input, byte[] other)
    {
        var bytes = new List<byte>(input);
        for (var changes = 1 << random.Next(4); changes > 0; changes--)
            Change(bytes, other);
        if (bytes.Count > MostBytes)
            bytes.RemoveRange(MostBytes, bytes.Count - MostBytes);
        return [.. bytes];
    }

    private void Change(List<byte> bytes, byte[] other)
    {
        var at = random.Next(bytes.Count + 1);
        switch (random.Next(11))
        {
            case 0 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 1 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 2:
                bytes.RemoveRange(at, Math.Min(bytes.Count - at, 1 + random.Next(1 << random.Next(8))));
                break;
            case 3:
                bytes.InsertRange(at, Words[random.Next(Words.Length)]);
                break;
            case 4:
                Overwrite(bytes, at, Words[random.Next(Words.Length)]);
                break;
            case 5:
                bytes.InsertRange(at, Part(other));
                break;
            case 6:
                Repeat(bytes, at);
                break;
            case 7:
                DropLine(bytes, at);
                break;
            case 8:
                bytes.InsertRange(LineAt(bytes, at).Start, LineOf(other));
                break;
            case 9:
                var (start, length) = LineAt(bytes, at);
                bytes.InsertRange(start, bytes.GetRange(start, length));
                break;
            default:
                NumberAt(bytes, at);
                break;
        }
    }

    private static void Overwrite(List<byte> bytes, int at, byte[] word)
    {
        for (var i = 0; i < word.Length && at + i < bytes.Count; i++)
            bytes[at + i] = word[i];
    }

    private byte[] Part(byte[] other)
    {
        if (other.Length == 0)
            return [];
        var from = random.Next(other.Length);
        return other[from..(from + Math.Min(other.Length - from, 1 + random.Next(200)))];
    }

    private void Repeat(List<byte> bytes, int at)
    {
        var part = bytes.GetRange(at, Math.Min(bytes.Count - at, 1 + random.Next(40)));
        for (var times = 1 << random.Next(10); times > 0 && bytes.Count < MostBytes; times--)
            bytes.InsertRange(at, part);
    }

    private static void DropLine(List<byte> bytes, int at)
    {
        var (start, length) = LineAt(bytes, at);
        bytes.RemoveRange(start, length);
    }

    private byte[] LineOf(byte[] other)
    {
        var (start, length) = LineAt([.. other], random.Next(other.Length + 1));
        return other[start..(start + length)];
    }

    private static (int Start, int Length) LineAt(List<byte> bytes, int at)
    {
        var start = at == 0 ? 0 : bytes.LastIndexOf((byte)'\n', at - 1) + 1;
        var end = start < bytes.Count ? bytes.IndexOf((byte)'\n', start) : -1;
        return (start, (end < 0 ? bytes.Count : end + 1) - start);
    }

    /// <summary>Another number in place of the next one.</summary>
    private void NumberAt(List<byte> bytes, int at)
    {
        while (at < bytes.Count && !char.IsAsciiDigit((char)bytes[at]))
            at++;
        var end = at;
        while (end < bytes.Count && char.IsAsciiDigit((char)bytes[end]))
            end++;
        bytes.RemoveRange(at, end - at);
        bytes.InsertRange(at, Encoding.ASCII.GetBytes($"{random.NextInt64(1L << random.Next(63))}"));
    }
}
