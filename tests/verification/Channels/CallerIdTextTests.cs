using FlashCall.Verification.Channels.FlashCalls;
using Xunit;

namespace FlashCall.Verification.Tests.Channels;

public sealed class CallerIdTextTests
{
    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("\u202A\u202C")]
    [InlineData("anonymous")]
    [InlineData("Anonymous")]
    [InlineData("UNKNOWN")]
    [InlineData("Private Number")]
    [InlineData("withheld")]
    [InlineData("restricted")]
    [InlineData("No Caller ID")]
    [InlineData("\u202ANo\u00A0Caller\u00A0ID\u202C")]
    [InlineData("unavailable")]
    [InlineData("<unknown>")]
    [InlineData("tel:anonymous")]
    [InlineData("+266696687")]
    [InlineData("266696687")]
    [InlineData("0")]
    [InlineData("0000000")]
    [InlineData("+000000000")]
    [InlineData("-1")]
    [InlineData("-2")]
    [InlineData("-")]
    [InlineData("Unbekannt")]
    [InlineData("UNTERDRÜCKT")]
    [InlineData("Numéro masqué")]
    [InlineData("Número desconocido")]
    [InlineData("Sconosciuto")]
    [InlineData("Dolt nummer")]
    [InlineData("Неизвестный номер")]
    [InlineData("非通知")]
    [InlineData("발신번호표시제한")]
    [InlineData("رقم خاص")]
    public void Words_for_no_caller_id_are_none(string text)
    {
        Assert.True(CallerIdText.Of(text).IsWithheld);
        Assert.IsType<ReportedCallerId.Withheld>(CallerIdText.Of(text).ToReport(isTyped: false));
        Assert.IsType<ReportedCallerId.Withheld>(CallerIdText.Of(text).ToReport(isTyped: true));
    }

    [Theory]
    [InlineData("+442079460123")]
    [InlineData("0044 20 7946 0123")]
    [InlineData("anonymous 1234567")]
    [InlineData("Mum")]
    [InlineData("+2666966870")]
    public void Anything_else_is_not(string text) => Assert.False(CallerIdText.Of(text).IsWithheld);

    [Theory]
    [InlineData("0123", "0123")]
    [InlineData(" 01-23 ", "0123")]
    [InlineData("460123", "460123")]
    [InlineData("٠١٢٣", "0123")]
    public void Four_to_six_digits_are_the_end_of_a_number(string text, string digits) =>
        Assert.Equal(new ReportedCallerId.LastDigits(digits), CallerIdText.Of(text).ToReport(isTyped: false));

    [Theory]
    [InlineData("123")]
    [InlineData("9460123")]
    [InlineData("+460123")]
    [InlineData("extension 0123")]
    public void Other_texts_are_the_whole_of_one(string text) =>
        Assert.IsType<ReportedCallerId.Whole>(CallerIdText.Of(text).ToReport(isTyped: false));

    [Fact]
    public void Four_zeros_are_digits_when_a_person_typed_them_and_none_when_the_phone_showed_them()
    {
        Assert.Equal(new ReportedCallerId.LastDigits("0000"), CallerIdText.Of("0000").ToReport(isTyped: true));
        Assert.IsType<ReportedCallerId.Withheld>(CallerIdText.Of("0000").ToReport(isTyped: false));
    }

    [Fact]
    public void A_text_never_shows_in_what_is_printed() => Assert.DoesNotContain(
        "7946", CallerIdText.Of("+442079460123").ToString() + CallerIdText.Of("+442079460123").ToReport(isTyped: true), StringComparison.Ordinal);
}
