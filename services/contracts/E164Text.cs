namespace FlashCall.Contracts;

/// <summary>The form of an international number as text, without a judgement whether it is assigned (ITU-T E.164 §6.2.1).</summary>
internal static class E164Text
{
    /// <summary>A plus sign and 7 to 15 ASCII digits, the first of them not 0.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> text) =>
        text.Length is >= 8 and <= 16
        && text[0] == '+'
        && text[1] != '0'
        && !text[1..].ContainsAnyExceptInRange('0', '9');
}
