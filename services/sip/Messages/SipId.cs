using System.Security.Cryptography;

namespace FlashCall.Sip;

/// <summary>Identifiers that peers must not be able to guess (RFC 3261 §8.1.1.4, §8.1.1.7, §19.3).</summary>
public static class SipId
{
    /// <summary>One side of a dialog: 64 random bits.</summary>
    public static string NewTag() => RandomNumberGenerator.GetHexString(16, lowercase: true);

    /// <summary>A call: 128 random bits, without the host that older texts add.</summary>
    public static string NewCallId() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>A transaction: the magic cookie and 80 random bits.</summary>
    public static string NewBranch() => string.Concat(SipVia.MagicCookie, RandomNumberGenerator.GetHexString(20, lowercase: true));
}
