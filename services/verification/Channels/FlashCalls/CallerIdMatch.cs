using System.Security.Cryptography;
using System.Text;
using FlashCall.Contracts;
using FlashCall.Verification.Sessions;

namespace FlashCall.Verification.Channels.FlashCalls;

/// <summary>Compares a reported caller ID with the leased one: as numbers, whatever the spelling, in a time that says nothing of how
/// close it was.</summary>
internal static class CallerIdMatch
{
    /// <summary>The longest number in E.164 form, the plus included.</summary>
    private const int Longest = 16;

    /// <summary>Whether a number that a phone showed is the one that rang.</summary>
    /// <param name="shown">What the client saw.</param>
    /// <param name="lease">What rang.</param>
    /// <param name="callee">The phone that rang: it may show the number in the spelling of its own country.</param>
    public static Judgement Judge(CallerIdText shown, FlashCallEvent.CallerIdLeased lease, PhoneNumber callee)
    {
        // The readings come from what the client knows alone, and every one is compared, right or wrong.
        var readings = CallerIdReadings.Of(shown, lease.DisclosedPrefix, lease.CallerId.E164.Length, callee.Region);
        var matched = false;
        foreach (var reading in readings)
            matched |= FixedTimeEquals(reading, lease.CallerId.E164);
        if (matched)
            return new Judgement.Match();
        return new Judgement.NoMatch(
            readings.Any(reading => reading.StartsWith(lease.DisclosedPrefix, StringComparison.Ordinal)) ? null : Reasons.CallerIdRewritten);
    }

    /// <summary>Whether the caller ID ends in these digits, and has more than them.</summary>
    public static bool EndsWith(CallerId callerId, string digits) =>
        digits.Length < callerId.E164.Length && FixedTimeEquals(callerId.E164[^digits.Length..], digits);

    /// <summary>Over the longest number always: the length of a reading is no news either.</summary>
    private static bool FixedTimeEquals(string one, string other)
    {
        Span<byte> left = stackalloc byte[Longest];
        Span<byte> right = stackalloc byte[Longest];
        left.Clear();
        right.Clear();
        return Encoding.ASCII.TryGetBytes(one, left, out _) & Encoding.ASCII.TryGetBytes(other, right, out _)
            & CryptographicOperations.FixedTimeEquals(left, right);
    }
}
