using FlashCall.Contracts;
using FlashCall.Fraud.Assessments;

namespace FlashCall.Fraud.Tests;

/// <summary>A policy and a request with nothing against it, to vary.</summary>
internal static class Samples
{
    public static readonly VelocityLimit FiveInTenMinutes = new(VelocitySubject.Number, 5, TimeSpan.FromMinutes(10));
    public static readonly VelocityLimit TenADay = new(VelocitySubject.Number, 10, TimeSpan.FromDays(1));
    public static readonly VelocityLimit TwentyFromAnAddress = new(VelocitySubject.Address, 20, TimeSpan.FromMinutes(10));
    public static readonly VelocityLimit HundredFromANetwork = new(VelocitySubject.Network, 100, TimeSpan.FromMinutes(10));

    public static readonly RiskRequest Request = new()
    {
        ApplicationId = "shop",
        Destination = "SE",
        LineType = LineType.Mobile,
        Purpose = Purpose.Login,
    };

    public static Policy Policy(
        string[]? destinations = null, Dictionary<string, string[]>? applications = null, VelocityLimit[]? limits = null,
        int challengeAt = 50, int blockAt = 80) =>
        new(destinations ?? ["SE", "GB"], applications ?? [],
            limits ?? [FiveInTenMinutes, TenADay, TwentyFromAnAddress, HundredFromANetwork], challengeAt, blockAt);

    /// <summary>Nothing counted but what is given.</summary>
    public static Counters Counted(Policy policy, params (VelocityLimit Limit, long Count)[] counts) =>
        new(policy.Limits.ToDictionary(limit => limit, limit => counts.FirstOrDefault(count => count.Limit == limit).Count));
}
