using System.Runtime.InteropServices;

namespace FlashCall.NumberPool.Wear;

/// <summary>What speaks against a number, or for it, since the sum began.</summary>
/// <param name="Sum">The sum of the calls' log likelihood ratios, worn over healthy: positive speaks against the number.</param>
/// <param name="Trials">Calls that it is made of.</param>
/// <param name="Verified">Of them, those that were verified.</param>
/// <param name="Peers">The share that its peers verified, summed over these calls: over <paramref name="Trials"/> it is their mean.</param>
/// <param name="Since">When the first of them was (UTC).</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Evidence(double Sum, int Trials, int Verified, double Peers, DateTimeOffset Since)
{
    /// <summary>None at all.</summary>
    public static Evidence None => default;

    /// <summary>What speaks against the number; 0 or more.</summary>
    public double Against => Math.Max(0, Sum);

    /// <summary>What speaks for it; 0 or more.</summary>
    public double InFavour => Math.Max(0, -Sum);
}

/// <summary>What the peers of a number verify.</summary>
/// <param name="Share">Of their calls, over the last days: for those who read it.</param>
/// <param name="Cautious">The share to measure the number by: lower where there are few calls, and where all verify less at the
/// moment.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Expectation(double Share, double Cautious);
