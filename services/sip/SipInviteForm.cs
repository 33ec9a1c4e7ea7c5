using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace FlashCall.Sip;

/// <summary>
/// INVITEs over one way that differ in few places, written once. What goes out is put together from bytes, without a message in between:
/// that is a third of what a call leaves to the garbage collector. Each has a From tag, a Call-ID and a Via of its own.
/// </summary>
public sealed class SipInviteForm
{
    private const int Digits = 16;

    // What comes after a part of the sample: one of the caller's values by its place, or one of these.
    private const int Nothing = -1;
    private const int Via = -2;
    private const int Tag = -3;
    private const int CallId = -4;

    private readonly SipHop _hop;
    private readonly byte[] _via;
    private readonly byte[] _text;
    private readonly List<Part> _parts = [];
    private readonly int _blanks;

    /// <summary>A form.</summary>
    /// <param name="sample">An INVITE as all shall be, complete but for Via. Its From tag and its Call-ID stand in no other place.</param>
    /// <param name="hop">Where all go. Their Via names the local address that this way has now.</param>
    /// <param name="blanks">The texts in the sample, each at one or more places, that are replaced by values; none is part of
    /// another.</param>
    /// <exception cref="ArgumentException">No INVITE, one without From tag, or one with a blank in its body.</exception>
    public SipInviteForm(SipRequest sample, SipHop hop, params IReadOnlyList<string> blanks)
    {
        ArgumentNullException.ThrowIfNull(sample);
        ArgumentNullException.ThrowIfNull(blanks);
        if (sample.Method is not SipMethod.Invite)
            throw new ArgumentException("A form is made of an INVITE; other requests go out with Send.", nameof(sample));
        var tag = sample.From.Tag ?? throw new ArgumentException("From needs a tag (RFC 3261 §8.1.1.3).", nameof(sample));
        (_hop, _blanks) = (hop, blanks.Count);
        // Up to the branch, which ends before the last parameter.
        var via = SipVia.TextOf(hop.Transport.Protocol, hop.LocalAddress, SipVia.MagicCookie);
        _via = Encoding.ASCII.GetBytes($"Via: {via[..^";rport".Length]}");
        _text = sample.ToBytes();
        byte[][] replaced = [.. blanks.Append(tag).Append(sample.CallId).Select(Encoding.UTF8.GetBytes)];
        var top = _text.AsSpan().IndexOf("\r\n"u8) + 2;
        Split(0, top, replaced);
        _parts.Add(new Part(top, 0, Via));
        Split(top, _text.Length, replaced);
        var body = _text.Length - sample.Body.Length;
        if (_parts.Any(part => part.Next != Nothing && part.Start + part.Length >= body))
            throw new ArgumentException("The body is the same for all; leave no blank in it.", nameof(sample));
    }

    /// <summary>Sends an INVITE.</summary>
    /// <param name="stack">The stack, with the transport that the way is of.</param>
    /// <param name="client">Gets the responses, possibly before this returns.</param>
    /// <param name="values">One for each blank: tokens (RFC 3261 §25.1), as phone numbers are.</param>
    /// <exception cref="ArgumentException">Too few values or too many, or one that is no token.</exception>
    public SipInviteClientTransaction Send(SipStack stack, ISipClient client, params ReadOnlySpan<string> values)
    {
        ArgumentNullException.ThrowIfNull(stack);
        if (values.Length != _blanks)
            throw new ArgumentException($"The form has {_blanks} blanks, and there are {values.Length} values.", nameof(values));
        foreach (var value in values)
        {
            if (!SipText.IsToken(value))
                throw new ArgumentException("What fills a blank is a token (RFC 3261 §25.1), so that it cannot be more.", nameof(values));
        }
        var key = new SipClientKey(SipBranch.New(), SipMethod.Invite);
        var transaction = new SipInviteClientTransaction(stack, key, Fill(values, key.Branch), _hop, client);
        stack.Clients.Begin(transaction);
        return transaction;
    }

    private byte[] Fill(ReadOnlySpan<string> values, SipBranch branch)
    {
        Span<byte> tag = stackalloc byte[Digits];
        WriteNumber(SipId.NewNumber(), tag);
        Span<byte> callId = stackalloc byte[2 * Digits];
        WriteNumber(SipId.NewNumber(), callId);
        WriteNumber(SipId.NewNumber(), callId[Digits..]);
        Span<byte> number = stackalloc byte[Digits];
        WriteNumber(branch.Number, number);
        var writer = SipWriter.Begin();
        foreach (ref readonly var part in CollectionsMarshal.AsSpan(_parts))
        {
            writer.Add(_text.AsSpan(part.Start, part.Length));
            switch (part.Next)
            {
                case Nothing:
                    break;
                case Via:
                    writer.Add(_via);
                    writer.Add(number);
                    writer.Add(";rport\r\n"u8);
                    break;
                case CallId:
                    writer.Add(callId);
                    break;
                case Tag:
                    writer.Add(tag);
                    break;
                default:
                    writer.Add(values[part.Next]);
                    break;
            }
        }
        return writer.End().ToArray();
    }

    private static void WriteNumber(ulong number, Span<byte> digits) =>
        number.TryFormat(digits, out _, "x16", CultureInfo.InvariantCulture);

    private void Split(int start, int end, byte[][] replaced)
    {
        while (true)
        {
            var text = _text.AsSpan(start, end - start);
            var (first, which) = (-1, -1);
            for (var i = 0; i < replaced.Length; i++)
            {
                var at = text.IndexOf(replaced[i]);
                if (at >= 0 && (first < 0 || at < first))
                    (first, which) = (at, i);
            }
            if (first < 0)
            {
                _parts.Add(new Part(start, end - start, Nothing));
                return;
            }
            _parts.Add(new Part(start, first, which < _blanks ? which : which == _blanks ? Tag : CallId));
            start += first + replaced[which].Length;
        }
    }

    /// <summary>A piece of the sample, and what comes after it.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Part(int Start, int Length, int Next);
}
