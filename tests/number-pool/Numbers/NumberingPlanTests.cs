using FlashCall.NumberPool.Numbers;
using Xunit;

namespace FlashCall.NumberPool.Tests.Numbers;

public sealed class NumberingPlanTests
{
    [Theory]
    [InlineData("+442079460123", 44, "GB")]
    [InlineData("+46701740605", 46, "SE")]
    [InlineData("+12125550123", 1, "US")]
    [InlineData("+14165550123", 1, "CA")]
    [InlineData("+441481960123", 44, "GG")]
    [InlineData("+390669812345", 39, "VA")]
    [InlineData("+390612345678", 39, "IT")]
    [InlineData("+77012345678", 7, "KZ")]
    [InlineData("+2908999", 290, "TA")]
    [InlineData("+883510012345", 883, "+883")]
    [InlineData("+44207946xxxx", 44, "GB")]
    // Assigned to nobody: the calling code's own country.
    [InlineData("+440000000000", 44, "GB")]
    public void A_number_has_a_country(string text, int code, string country)
    {
        var span = Span(text);
        Assert.Equal(code, NumberingPlan.CallingCode(span.First));
        Assert.True(NumberingPlan.TryFindCountry(span, given: null, out var found, out _));
        Assert.Equal(country, found);
    }

    [Theory]
    [InlineData("+441481960123", "gb", "GB")]
    [InlineData("+1xxxxxxxxx", "CA", "CA")]
    [InlineData("+883510012345", "+883", "+883")]
    public void A_country_that_is_given_is_one_of_the_calling_codes(string text, string given, string country)
    {
        Assert.True(NumberingPlan.TryFindCountry(Span(text), given, out var found, out _));
        Assert.Equal(country, found);
    }

    [Theory]
    [InlineData("+9990000000", null, true, "calling code")]
    [InlineData("+442079460123", "SE", false, "+44. Give GB or")]
    [InlineData("+12125550123", "GB", false, "+1. Give the country as ISO 3166-1")]
    [InlineData("+442079460123", "+44", false, "+44")]
    [InlineData("+19999999999-+20000000000", null, true, "several calling codes")]
    [InlineData("+12045550123-+12055550123", null, false, "several countries")]
    public void Without_a_country_numbers_are_refused(string text, string? given, bool isOfNumber, string said)
    {
        Assert.False(NumberingPlan.TryFindCountry(Span(text), given, out _, out var problem));
        Assert.Equal(isOfNumber, problem.IsOfNumber);
        Assert.Contains(said, problem.Text, StringComparison.Ordinal);
    }

    private static NumberSpan Span(string text) =>
        NumberSpan.TryParse(text, out var span, out var problem) ? span : throw new FormatException(problem);
}
