using FlashCall.Contracts;
using FlashCall.Fraud.Assessments;
using Xunit;

namespace FlashCall.Fraud.Tests.Assessments;

public sealed class LineTypeRuleTests
{
    private static readonly LineTypeRule Rule = new();

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
        var factor = Assess(Samples.Request with { LineType = lineType });
        Assert.Equal((code, weight), (factor?.Code, factor?.Weight ?? 0));
    }

    [Fact]
    public void No_kind_of_line_is_left_out()
    {
        var theory = typeof(LineTypeRuleTests).GetMethod(nameof(Each_kind_of_line_weighs_what_it_should))!;
        var decided = theory.GetCustomAttributesData().Where(data => data.AttributeType == typeof(InlineDataAttribute))
            .Select(data => (LineType)(int)(
                (IReadOnlyList<System.Reflection.CustomAttributeTypedArgument>)data.ConstructorArguments[0].Value!)[0].Value!);
        Assert.Equal(Enum.GetValues<LineType>().Order(), decided.Order());
    }

    [Theory]
    [InlineData("+870301234567")]
    [InlineData("+881612345678")]
    [InlineData("+8823421234")]
    [InlineData("+883510012345")]
    public void Satellite_phones_are_not_rung_though_the_plan_calls_them_mobile(string number)
    {
        var request = RiskRequest.From(new AssessRisk
        {
            VerificationId = Guid.CreateVersion7(),
            ApplicationId = "shop",
            To = PhoneNumber.Parse(number),
            Purpose = Purpose.Login,
            Client = ClientContext.Unknown,
            RequestedAt = DateTimeOffset.UtcNow,
        });
        Assert.Equal("line_type_not_allowed", Assess(request)!.Code);
        Assert.Equal("line_type_not_allowed", Assess(request with { LineType = LineType.Mobile })!.Code);
    }

    [Theory]
    [InlineData("+46701234567", "SE", LineType.Mobile)]
    [InlineData("+468123456", "SE", LineType.FixedLine)]
    [InlineData("+12015550123", "US", LineType.FixedLineOrMobile)]
    [InlineData("+448001234567", "GB", LineType.TollFree)]
    [InlineData("+449012345678", "GB", LineType.PremiumRate)]
    [InlineData("+46771234567", "SE", LineType.SharedCost)]
    [InlineData("+445612345678", "GB", LineType.Voip)]
    [InlineData("+447012345678", "GB", LineType.PersonalNumber)]
    [InlineData("+447640123456", "GB", LineType.Pager)]
    [InlineData("+46102345678", "SE", LineType.UniversalAccess)]
    [InlineData("+49177991234567", "DE", LineType.Voicemail)]
    [InlineData("+979123456789", "+979", LineType.PremiumRate)]
    public void The_numbering_plan_says_where_a_number_is_and_of_what_kind(string number, string destination, LineType lineType)
    {
        var request = RiskRequest.From(new AssessRisk
        {
            VerificationId = Guid.CreateVersion7(),
            ApplicationId = "shop",
            To = PhoneNumber.Parse(number),
            Purpose = Purpose.Login,
            Client = ClientContext.Unknown,
            RequestedAt = DateTimeOffset.UtcNow,
        });
        Assert.Equal((destination, lineType), (request.Destination, request.LineType));
    }

    private static RiskFactor? Assess(RiskRequest request) => Rule.Assess(Samples.Policy(), request, Counters.None(Samples.Policy()));
}
