using System.Globalization;

namespace FlashCall.Sip;

/// <summary>Number and method of a request within its dialog (RFC 3261 §20.16).</summary>
/// <param name="Number">0 to 2³¹ − 1.</param>
/// <param name="Method">The method of the request.</param>
public sealed record SipCSeq(uint Number, string Method)
{
    /// <summary>Reads <c>314159 INVITE</c>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out SipCSeq? cseq)
    {
        cseq = TryScan(text, out var number, out var method) ? new SipCSeq(number, SipMethod.Intern(method)) : null;
        return cseq is not null;
    }

    internal static bool TryScan(ReadOnlySpan<char> text, out uint number, out ReadOnlySpan<char> method)
    {
        number = 0;
        method = default;
        text = SipText.Trim(text);
        var blank = text.IndexOfAny(' ', '\t');
        if (blank < 0 || !SipText.TryParseNumber(text[..blank], int.MaxValue, out var read))
            return false;
        number = (uint)read;
        method = SipText.Trim(text[blank..]);
        return SipText.IsToken(method);
    }

    /// <summary>As it stands in a message.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number} {Method}");
}
