using System.Collections.Immutable;
using System.Reflection;
using FlashCall.Contracts;
using FlashCall.Fraud.Policies;
using Xunit;

namespace FlashCall.Fraud.Tests.Rules;

/// <summary>The rules that need no history: where the call goes, what line it is, where the client is.</summary>
public sealed class PlainRuleTests
{
    [Fact]
    public void An_ordinary_request_has_nothing_against_it() => Assert.Empty(new History().CodesOf(History.Request));

    [Theory]
    [InlineData("NO")]
    [InlineData("+979")]
    [InlineData("se")]
    public void A_destination_that_is_not_listed_is_blocked_and_told_which_are(string destination)
    {
        var assessment = new History().Look(History.Request with { Destination = destination, AddressCountry = null });
        Assert.Equal(Verdict.Block, assessment.Verdict);
        var factor = Assert.Single(assessment.Factors);
        Assert.Equal(("destination_not_allowed", 100), (factor.Code, factor.Weight));
        Assert.Equal($"Calls to {destination} are not enabled for this application and purpose. Allowed: GB, SE.", factor.Detail);
    }

    [Theory]
    [InlineData("other", Purpose.Login, "all")]
    [InlineData("other", Purpose.Kyc, "purpose")]
    [InlineData("shop", Purpose.Login, "application")]
    [InlineData("SHOP", Purpose.Transaction, "both")]
    [InlineData("shop", Purpose.Kyc, "application")]
    [InlineData("half", Purpose.Login, "all")]
    [InlineData("half", Purpose.Kyc, "purpose")]
    [InlineData("closed", Purpose.Login, "")]
    public void The_narrowest_list_of_destinations_holds(string application, Purpose purpose, string list)
    {
        var lists = new DestinationLists
        {
            Allowed = ["all"],
            Purposes = Of(Purpose.Kyc, "purpose"),
            Applications = ImmutableSortedDictionary.CreateRange(StringComparer.OrdinalIgnoreCase,
                new Dictionary<string, ApplicationDestinations>(StringComparer.Ordinal)
                {
                    ["shop"] = new(["application"], Of(Purpose.Transaction, "both")),
                    ["half"] = new(null, ImmutableSortedDictionary<Purpose, ImmutableSortedSet<string>>.Empty),
                    ["closed"] = new([], ImmutableSortedDictionary<Purpose, ImmutableSortedSet<string>>.Empty),
                }),
        };
        Assert.Equal(list, string.Concat(lists.Of(application, purpose)));
    }

    [Theory]
    [InlineData("+870301234567", "+870")]
    [InlineData("+881612345678", "+881")]
    [InlineData("+8823421234", "+882")]
    [InlineData("+883510012345", "+883")]
    [InlineData("+979123456789", "+979")]
    public void Satellite_and_international_ranges_are_not_rung_though_the_plan_calls_them_mobile(string number, string range)
    {
        var assessment = new History(Open()).Look(History.Request with { Number = number });
        var factor = assessment.Factors.Single(one => one.Code == "range_not_allowed");
        Assert.Equal(Verdict.Block, assessment.Verdict);
        Assert.Equal(range, factor.Evidence!["range"]);
    }

    [Fact]
    public void Of_ranges_one_in_another_the_narrower_is_named()
    {
        var policy = History.Usual with { Ranges = [new("+46", "a Swede"), new("+46701", "a test range")] };
        Assert.Contains("a test range", Assert.Single(new History(policy).Look(History.Request).Factors).Detail, StringComparison.Ordinal);
    }

    /// <summary>Every line type there is has its place here, so that a new one is decided about and not forgotten.</summary>
    [Theory]
    [InlineData(LineType.Mobile, null, 0)]
    [InlineData(LineType.FixedLine, null, 0)]
    [InlineData(LineType.FixedLineOrMobile, null, 0)]
    [InlineData(LineType.Unknown, "line_type_unknown", 30)]
    [InlineData(LineType.Voip, "line_type_voip", 40)]
    [InlineData(LineType.PersonalNumber, "line_type_personal_number", 40)]
    [InlineData(LineType.TollFree, "line_type_not_allowed", 100)]
    [InlineData(LineType.PremiumRate, "line_type_not_allowed", 100)]
    [InlineData(LineType.SharedCost, "line_type_not_allowed", 100)]
    [InlineData(LineType.Pager, "line_type_not_allowed", 100)]
    [InlineData(LineType.UniversalAccess, "line_type_not_allowed", 100)]
    [InlineData(LineType.Voicemail, "line_type_not_allowed", 100)]
    public void Each_kind_of_line_weighs_what_it_should(LineType lineType, string? code, int weight)
    {
        var factor = new History().Look(History.Request with { LineType = lineType }).Factors.SingleOrDefault();
        Assert.Equal((code, weight), (factor?.Code, factor?.Weight ?? 0));
    }

    [Fact]
    public void No_kind_of_line_is_left_out()
    {
        var theory = typeof(PlainRuleTests).GetMethod(nameof(Each_kind_of_line_weighs_what_it_should))!;
        var decided = theory.GetCustomAttributesData().Where(data => data.AttributeType == typeof(InlineDataAttribute))
            .Select(data => (LineType)(int)((IReadOnlyList<CustomAttributeTypedArgument>)data.ConstructorArguments[0].Value!)[0].Value!);
        Assert.Equal(Enum.GetValues<LineType>().Order(), decided.Order());
    }

    [Fact]
    public void A_number_that_no_plan_has_is_not_rung() =>
        Assert.Equal(["number_not_valid"], new History().CodesOf(History.Request with { IsValid = false }));

    [Theory]
    [InlineData("SE", "SE", false)]
    [InlineData("NL", "SE", true)]
    [InlineData(null, "SE", false)]
    [InlineData("NL", "+883", false)]
    public void An_address_in_another_country_weighs(string? address, string destination, bool weighs)
    {
        var codes = new History(Open()).CodesOf(History.Request with { AddressCountry = address, Destination = destination });
        Assert.Equal(weighs, codes.Contains("address_country"));
    }

    [Theory]
    [InlineData(Purpose.Onboarding, 30)]
    [InlineData(Purpose.Login, 10)]
    [InlineData(Purpose.Transaction, 20)]
    public void The_same_reason_weighs_by_purpose(Purpose purpose, int weight) => Assert.Equal(weight, Assert.Single(
        new History().Look(History.Request with { AddressCountry = "NL", Purpose = purpose }).Factors).Weight);

    [Theory]
    [InlineData(Purpose.Login, Verdict.Allow)]
    [InlineData(Purpose.Transaction, Verdict.Challenge)]
    public void A_purpose_has_thresholds_of_its_own(Purpose purpose, Verdict verdict) =>
        Assert.Equal(verdict, new History().Look(History.Request with { LineType = LineType.Voip, Purpose = purpose }).Verdict);

    private static PolicyDocument Open() =>
        History.Usual with { Destinations = new DestinationLists { Allowed = ["SE", "+883", "+870"] } };

    private static ImmutableSortedDictionary<Purpose, ImmutableSortedSet<string>> Of(Purpose purpose, string country) =>
        ImmutableSortedDictionary<Purpose, ImmutableSortedSet<string>>.Empty.Add(purpose, [country]);
}
