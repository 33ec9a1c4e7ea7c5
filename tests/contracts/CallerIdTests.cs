using System.Text.Json;
using CsCheck;
using Xunit;

namespace FlashCall.Contracts.Tests;

public sealed class CallerIdTests
{
    private static readonly Gen<string> Numbers =
        from first in Gen.Char['1', '9']
        from rest in Gen.String[Gen.Char['0', '9'], 6, 14]
        select $"+{first}{rest}";

    [Fact]
    public void A_caller_id_keeps_its_form() => Numbers.Sample(text =>
    {
        Assert.True(CallerId.TryParse(text, out var callerId));
        Assert.Equal(text, callerId.E164);
        Assert.Equal(callerId, CallerId.Parse(text));
        Assert.Equal(callerId, JsonSerializer.Deserialize<CallerId>(JsonSerializer.Serialize(callerId)));
    });

    [Fact]
    public void Printing_a_caller_id_hides_its_last_five_digits() => Numbers.Sample(text =>
    {
        var callerId = CallerId.Parse(text);
        foreach (var printed in (string[])[callerId.ToString(), $"{callerId}", callerId.Masked, new Holder(callerId).ToString()])
            Assert.Contains(text[..^5] + "•••••", printed, StringComparison.Ordinal);
        Assert.Equal(text[..^5] + "•••••", callerId.ToString());
    });

    [Fact]
    public void Any_other_text_is_refused() => Gen.OneOf(Gen.String, Gen.String[Gen.Char["+0123456789 "], 0, 18]).Sample(text =>
        CallerId.TryParse(text, out var callerId)
            ? callerId.E164 == text && text.Length is >= 8 and <= 16 && text[0] == '+' && text[1] is >= '1' and <= '9'
                && text[1..].All(char.IsAsciiDigit)
            : callerId is null, iter: 20_000);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("+")]
    [InlineData("442079460123")]
    [InlineData("+44 2079460123")]
    [InlineData("+02079460123")]
    [InlineData("+123456")]
    [InlineData("+1234567890123456")]
    [InlineData("+4420794601٢٣")]
    public void What_is_not_e164_is_no_caller_id(string? text) => Assert.False(CallerId.TryParse(text, out _));

    [Theory]
    [InlineData("442079460123")]
    [InlineData("+44 2079460123")]
    public void Refusing_does_not_repeat_the_secret(string text)
    {
        Assert.DoesNotContain("0123", Assert.Throws<FormatException>(() => CallerId.Parse(text)).Message.Replace(
            "+442079460123", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("0123", Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<CallerId>($"\"{text}\"")).ToString(),
            StringComparison.Ordinal);
    }

    private sealed record Holder(CallerId CallerId);
}
