using System.Diagnostics.CodeAnalysis;
using FlashCall.Sip;

namespace FlashCall.Handset.Phones;

/// <summary>Telephone numbers in what SIP and HTTP bring: always with a plus sign, digits alone behind it.</summary>
internal static class DialledNumber
{
    private const int FewestDigits = 3;
    private const int MostDigits = 15;

    /// <summary>The number in the user part of a URI: <c>+46…</c>, <c>0046…</c> and <c>46…</c> alike, separators left out (RFC 3966
    /// §5.1.1).</summary>
    public static bool TryRead(SipUri uri, [NotNullWhen(true)] out string? number)
    {
        number = null;
        // User parameters, such as ;npdi, follow the number.
        var user = uri.User.AsSpan();
        var end = user.IndexOf(';');
        if (end >= 0)
            user = user[..end];
        if (user.Length > 32)
            return false;
        Span<char> digits = stackalloc char[32];
        var count = 0;
        for (var i = 0; i < user.Length; i++)
        {
            if (char.IsAsciiDigit(user[i]))
                digits[count++] = user[i];
            else if (!(user[i] == '+' && i == 0) && user[i] is not ('-' or '.' or '(' or ')' or ' '))
                return false;
        }
        var national = digits[..count];
        if (user is not ['+', ..] && national is ['0', '0', ..])
            national = national[2..];
        if (national.Length is < FewestDigits or > MostDigits)
            return false;
        number = string.Concat("+", national);
        return true;
    }

    /// <summary>A number as an address of this service has it: a plus sign and 3 to 15 digits.</summary>
    public static bool IsWellFormed(string? number) =>
        number is ['+', ..]
            && number.Length is >= FewestDigits + 1 and <= MostDigits + 1
            && !number.AsSpan(1).ContainsAnyExceptInRange('0', '9');
}
