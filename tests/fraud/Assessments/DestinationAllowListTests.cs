using FlashCall.Fraud.Assessments;
using Xunit;

namespace FlashCall.Fraud.Tests.Assessments;

public sealed class DestinationAllowListTests
{
    private static readonly DestinationAllowList Rule = new();

    [Fact]
    public void A_listed_country_passes() => Assert.Null(Assess("SE", ["SE", "GB"]));

    [Theory]
    [InlineData("NO")]
    [InlineData("+979")]
    [InlineData("se")]
    public void Another_destination_is_blocked_and_told_which_are_allowed(string destination)
    {
        var factor = Assess(destination, ["SE", "GB"]);
        Assert.Equal(("destination_not_allowed", 100), (factor!.Code, factor.Weight));
        Assert.Equal($"Calls to {destination} are not enabled for this application. Allowed: GB, SE.", factor.Detail);
    }

    [Fact]
    public void Nothing_is_allowed_that_is_not_listed() =>
        Assert.Equal("Calls to SE are not enabled for this application. Allowed: none.", Assess("SE", [])!.Detail);

    [Fact]
    public void An_application_s_own_list_takes_the_place_of_the_list_for_all()
    {
        Dictionary<string, string[]> applications = new() { ["shop"] = ["NO"], ["closed"] = [] };
        Assert.Null(Assess("NO", ["SE"], applications));
        Assert.NotNull(Assess("SE", ["SE"], applications));
        Assert.Null(Assess("SE", ["SE"], applications, "other"));
        Assert.NotNull(Assess("SE", ["SE"], applications, "closed"));
    }

    private static Contracts.RiskFactor? Assess(
        string destination, string[] allowed, Dictionary<string, string[]>? applications = null, string application = "shop")
    {
        var policy = Samples.Policy(allowed, applications);
        return Rule.Assess(policy, Samples.Request with { ApplicationId = application, Destination = destination }, Counters.None(policy));
    }
}
