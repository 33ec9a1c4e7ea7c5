using FlashCall.Contracts;

namespace FlashCall.Gateway.Sinch;

/// <summary>
/// How a phone recognizes the call: digits that the number that calls has in it, between patterns in parentheses for whatever stands before
/// and after. They come from the prefix that every number of the pool shares, never from the tail, which is the code.
/// </summary>
internal static class CliFilter
{
    /// <summary>Fewer digits would be found in many people's numbers.</summary>
    private const int FewestDigits = 4;

    /// <summary>The filter.</summary>
    /// <param name="prefix">The leading part of the caller ID in E.164: <c>+442079460</c>.</param>
    public static string Of(string prefix)
    {
        // Within its own country a phone shows the number without the country code.
        var significant = PhoneNumber.CallingCodeOf(prefix) is { } code ? prefix[code.Length..] : prefix[1..];
        return $"(.*){(significant.Length >= FewestDigits ? significant : prefix[1..])}(.*)";
    }
}
