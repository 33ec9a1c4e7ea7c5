using System.Globalization;

namespace FlashCall.Sip;

/// <summary>What names a request of ours (RFC 3261 §8.1.1.7): the magic cookie and 64 random bits, in hexadecimal digits. As a number it
/// costs nothing to look up, and nothing to keep.</summary>
/// <param name="Number">The random bits.</param>
internal readonly record struct SipBranch(ulong Number)
{
    private const int Digits = 16;

    /// <summary>As it stands in Via.</summary>
    public string Text => string.Create(CultureInfo.InvariantCulture, $"{SipVia.MagicCookie}{Number:x16}");

    public static SipBranch New() => new(SipId.NewNumber());

    /// <summary>Reads the branch of a Via; false for one that we cannot have made.</summary>
    public static bool TryRead(ReadOnlySpan<char> text, out SipBranch branch)
    {
        branch = default;
        if (text.Length != SipVia.MagicCookie.Length + Digits || !text.StartsWith(SipVia.MagicCookie, StringComparison.Ordinal))
            return false;
        var number = 0UL;
        foreach (var digit in text[SipVia.MagicCookie.Length..])
        {
            // Lower case, as we write it.
            if (!char.IsAsciiHexDigitLower(digit))
                return false;
            number = (number << 4) | (uint)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
        }
        branch = new SipBranch(number);
        return true;
    }
}

/// <summary>What responses are matched to our requests by (RFC 3261 §17.1.3).</summary>
/// <param name="Branch">The branch of the top Via.</param>
/// <param name="Method">That of the request: a CANCEL has the branch of its INVITE.</param>
internal readonly record struct SipClientKey(SipBranch Branch, string Method)
{
    /// <summary>The branch alone, which is what tells transactions apart but for an INVITE and its CANCEL.</summary>
    public override int GetHashCode() => Branch.Number.GetHashCode();

    public bool Equals(SipClientKey other) => Branch.Number == other.Branch.Number && Method == other.Method;
}
