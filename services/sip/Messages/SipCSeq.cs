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
        cseq = null;
        text = SipText.Trim(text);
        var blank = text.IndexOfAny(' ', '\t');
        if (blank < 0 || !SipText.TryParseNumber(text[..blank], int.MaxValue, out var number))
            return false;
        var method = SipText.Trim(text[blank..]);
        if (!SipText.IsToken(method))
            return false;
        cseq = new SipCSeq((uint)number, SipMethod.Intern(method));
        return true;
    }

    /// <summary>As it stands in a message.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number} {Method}");
}
