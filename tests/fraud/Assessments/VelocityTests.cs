using FlashCall.Fraud.Assessments;
using Xunit;

namespace FlashCall.Fraud.Tests.Assessments;

public sealed class VelocityTests
{
    private static readonly Policy Policy = Samples.Policy();

    [Theory]
    [InlineData(0, 0, null)]
    [InlineData(4, 9, null)]
    [InlineData(5, 5, "5 times within 10 minutes")]
    [InlineData(9, 9, "5 times within 10 minutes")]
    [InlineData(0, 10, "10 times within 1 day")]
    [InlineData(6, 11, "10 times within 1 day")]
    public void A_number_at_its_limit_is_blocked_until_the_longest_full_window_has_passed(long inTenMinutes, long inADay, string? said)
    {
        var factor = new NumberVelocity().Assess(Policy, Samples.Request,
            Samples.Counted(Policy, (Samples.FiveInTenMinutes, inTenMinutes), (Samples.TenADay, inADay)));
        Assert.Equal((said is null ? null : "number_velocity", said is null ? 0 : 100), (factor?.Code, factor?.Weight ?? 0));
        if (said is not null)
            Assert.Contains(said, factor!.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(19, 99, 0, null)]
    [InlineData(20, 0, 50, "address has sent its 20 requests within 10 minutes")]
    [InlineData(32, 0, 80, "address has sent")]
    [InlineData(40, 0, 100, "address has sent")]
    [InlineData(40, 200, 100, "address has sent")]
    [InlineData(0, 100, 50, "network has sent its 100 requests within 10 minutes")]
    [InlineData(20, 160, 80, "network has sent")]
    public void An_address_or_network_weighs_by_its_excess(long fromAddress, long fromNetwork, int weight, string? said)
    {
        var factor = new AddressVelocity().Assess(Policy, Samples.Request,
            Samples.Counted(Policy, (Samples.TwentyFromAnAddress, fromAddress), (Samples.HundredFromANetwork, fromNetwork)));
        Assert.Equal((said is null ? null : "address_velocity", weight), (factor?.Code, factor?.Weight ?? 0));
        if (said is not null)
            Assert.Contains(said, factor!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_rule_counts_its_own_subject_alone()
    {
        var number = Samples.Counted(Policy, (Samples.FiveInTenMinutes, 10), (Samples.TenADay, 20));
        var address = Samples.Counted(Policy, (Samples.TwentyFromAnAddress, 40), (Samples.HundredFromANetwork, 200));
        Assert.Null(new AddressVelocity().Assess(Policy, Samples.Request, number));
        Assert.Null(new NumberVelocity().Assess(Policy, Samples.Request, address));
    }

    [Theory]
    [InlineData("00:00:30", "30 seconds")]
    [InlineData("00:01:00", "1 minute")]
    [InlineData("00:10:00", "10 minutes")]
    [InlineData("01:00:00", "1 hour")]
    [InlineData("1.00:00:00", "1 day")]
    [InlineData("1.12:00:00", "36 hours")]
    [InlineData("00:01:30", "90 seconds")]
    public void A_window_is_told_in_words(string window, string words) =>
        Assert.Equal(words, new VelocityLimit(
            VelocitySubject.Number, 1, TimeSpan.Parse(window, System.Globalization.CultureInfo.InvariantCulture)).WindowText);
}
