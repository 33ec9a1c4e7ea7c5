using System.Text.Json;
using CsCheck;
using PhoneNumbers;
using Xunit;

namespace FlashCall.Contracts.Tests;

public sealed class PhoneNumberTests
{
    private static readonly PhoneNumberUtil Numbering = PhoneNumberUtil.GetInstance();

    /// <summary>An example of each kind of line in each country there is.</summary>
    private static readonly string[] Examples =
    [
        .. from region in Numbering.GetSupportedRegions()
           from type in Enum.GetValues<PhoneNumberType>()
           where type is not PhoneNumberType.UNKNOWN
           let example = Numbering.GetExampleNumberForType(region, type)
           where example is not null && Numbering.IsValidNumber(example)
           let e164 = Numbering.Format(example, PhoneNumberFormat.E164)
           // A plus sign and 7 digits: shorter ones are no subscribers'.
           where e164.Length >= 8
           select e164,
    ];

    [Theory]
    [InlineData("+46701234567", null, "+46701234567")]
    [InlineData("+46 (0)70-123 45 67", null, "+46701234567")]
    [InlineData("070-123 45 67", "SE", "+46701234567")]
    [InlineData("0046701234567", "SE", "+46701234567")]
    [InlineData("020 7946 0123", "GB", "+442079460123")]
    [InlineData("+390612345678", null, "+390612345678")]
    [InlineData("tel:+46-70-1234567", null, "+46701234567")]
    public void Common_spellings_are_understood(string text, string? region, string e164)
    {
        Assert.True(PhoneNumber.TryParse(text, out var number, region));
        Assert.Equal(e164, number.E164);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("hello")]
    [InlineData("0701234567")]
    [InlineData("+4670123456")]
    [InlineData("+467012345678901234")]
    [InlineData("+99912345678")]
    [InlineData("+989601")]
    [InlineData("+12005550123")]
    [InlineData("+46701234567 ext. 5")]
    [InlineData("+46701234567                                       ")]
    public void What_cannot_be_assigned_is_no_number(string? text)
    {
        Assert.False(PhoneNumber.TryParse(text, out var number));
        Assert.Null(number);
    }

    [Fact]
    public void Refusing_does_not_repeat_what_was_written()
    {
        var exception = Assert.Throws<FormatException>(() => PhoneNumber.Parse("+4670999999"));
        Assert.DoesNotContain("999", exception.Message, StringComparison.Ordinal);
        Assert.Contains("+46701234567", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_is_read_or_refused_but_never_thrown_at() =>
        Gen.OneOf(Gen.String, Gen.String[Gen.Char["+0123456789 -()."], 0, 40]).Sample(
            text => PhoneNumber.TryParse(text, out _) || !PhoneNumber.TryParse(text, out _), iter: 20_000);

    [Fact]
    public void Every_country_s_numbers_keep_their_form()
    {
        Assert.True(Examples.Length > 1000);
        Assert.All(Examples, example =>
        {
            Assert.True(PhoneNumber.TryParse(example, out var number), example);
            Assert.Equal(example, number.E164);
            Assert.Equal(number, JsonSerializer.Deserialize<PhoneNumber>(JsonSerializer.Serialize(number)));
            Assert.Matches(@"^([A-Z]{2}|\+[0-9]{1,3})$", number.Region);
        });
    }

    /// <summary>Masked, a number stands for a thousand others at least.</summary>
    [Fact]
    public void Printing_a_number_hides_three_of_its_digits_at_least() => Assert.All(Examples, example =>
    {
        var number = PhoneNumber.Parse(example);
        foreach (var printed in (string[])[number.ToString(), $"{number}", number.Masked])
        {
            Assert.DoesNotContain(example[1..], printed, StringComparison.Ordinal);
            var (start, end) = (printed.Split("•••")[0], printed.Split("•••")[1]);
            Assert.StartsWith(start, example, StringComparison.Ordinal);
            Assert.EndsWith(end, example, StringComparison.Ordinal);
            Assert.True(example.Length - start.Length - end.Length >= 3, $"{printed} of {example.Length - 1} digits");
        }
    });

    [Theory]
    [InlineData("+46701234567", "+4670•••4567")]
    [InlineData("+4520123456", "+4520•••56")]
    public void What_is_left_tells_numbers_apart(string number, string masked) =>
        Assert.Equal(masked, PhoneNumber.Parse(number).ToString());

    [Theory]
    [InlineData("+46701234567", "SE")]
    [InlineData("+447400123456", "GB")]
    [InlineData("+447911123456", "GG")]
    [InlineData("+12015550123", "US")]
    [InlineData("+14165550123", "CA")]
    [InlineData("+979123456789", "+979")]
    [InlineData("+870301234567", "+870")]
    public void A_number_knows_its_country(string number, string region) => Assert.Equal(region, PhoneNumber.Parse(number).Region);

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"46701234567\"")]
    [InlineData("\"+46 70 123 45 67\"")]
    [InlineData("\"+0701234567\"")]
    [InlineData("\"+4670123456789012\"")]
    [InlineData("\"+467012345٦٧\"")]
    [InlineData("12345678")]
    public void A_message_with_something_else_in_its_place_is_refused_without_repeating_it(string json)
    {
        var exception = Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Holder>($"{{\"Number\":{json}}}"));
        if (json.Length > 6)
            Assert.DoesNotContain(json.Trim('"'), exception.ToString(), StringComparison.Ordinal);
    }

    /// <summary>A number that this service's numbering plan does not know yet was judged by the one that took it in.</summary>
    [Fact]
    public void What_another_service_has_judged_is_not_judged_again() =>
        Assert.Equal("+99912345678", JsonSerializer.Deserialize<PhoneNumber>("\"+99912345678\"")!.E164);

    private sealed record Holder(PhoneNumber Number);
}
