using Microsoft.Extensions.Configuration;
using Xunit;

namespace FlashCall.Hosting.Tests;

public sealed class SettingsMistakesTests
{
    private readonly SettingsMistakes _mistakes = new();

    [Fact]
    public void Without_mistakes_nothing_is_thrown() => _mistakes.ThrowIfAny();

    [Fact]
    public void Each_mistake_is_a_line_that_names_the_setting_as_the_environment_spells_it()
    {
        _mistakes.Add("Fraud:Thresholds:Block", "is 'high'. Give a number.");
        _mistakes.Add(new SettingsException("FLASHCALL_IDENTITY__SIGNINGKEY", "is missing."));
        var exception = Assert.Throws<SettingsException>(_mistakes.ThrowIfAny);
        Assert.Equal(
            "Setting FLASHCALL_FRAUD__THRESHOLDS__BLOCK is 'high'. Give a number.\nSetting FLASHCALL_IDENTITY__SIGNINGKEY is missing.",
            exception.Message);
        Assert.Equal("FLASHCALL_FRAUD__THRESHOLDS__BLOCK", exception.Setting);
    }

    [Fact]
    public void A_value_of_several_lines_stays_on_the_line_of_its_mistake()
    {
        _mistakes.RefuseScalar(Section(("Trunks", "one\r\ntwo\nthree")).GetSection("Trunks"), "a list");
        Assert.Equal(["Setting FLASHCALL_TRUNKS is 'one two three'. Give a list."], Lines());
    }

    [Fact]
    public void Names_are_known_in_any_case_and_others_refused_with_those_that_are()
    {
        var section = Section(("Pool:restperiod", "1"), ("Pool:Ranges:0", "1"), ("Pool:Range", "1")).GetSection("Pool");
        _mistakes.RefuseUnknown(section, "Ranges", "RestPeriod");
        Assert.Equal(["Setting FLASHCALL_POOL__RANGE is no setting. Known here: Ranges, RestPeriod."], Lines());
    }

    [Theory]
    [InlineData(null, 30)]
    [InlineData("", 30)]
    [InlineData("00:00:10", 10)]
    [InlineData("24:00:00", 24 * 60 * 60)]
    public void A_duration_may_be_left_out_and_reaches_both_ends_of_its_range(string? text, double seconds)
    {
        Assert.Equal(TimeSpan.FromSeconds(seconds), ReadDuration(text));
        _mistakes.ThrowIfAny();
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("00:00:09.9")]
    [InlineData("1.00:00:01")]
    public void A_duration_that_is_none_or_out_of_range_is_refused(string text)
    {
        Assert.Equal(TimeSpan.FromSeconds(30), ReadDuration(text));
        Assert.Equal([$"Setting FLASHCALL_WAIT is '{text}'. Give 00:00:10 to 1.00:00:00 as {Duration.Form}."], Lines());
    }

    [Fact]
    public void A_duration_that_has_to_be_there_is_missed()
    {
        Assert.False(_mistakes.TryReadDuration(
            Section().GetSection("Wait"), TimeSpan.FromSeconds(10), TimeSpan.FromDays(1), out var duration));
        Assert.Equal(TimeSpan.Zero, duration);
        Assert.Equal([$"Setting FLASHCALL_WAIT is missing. Give 00:00:10 to 1.00:00:00 as {Duration.Form}."], Lines());
    }

    [Theory]
    [InlineData(null, 3, true)]
    [InlineData("1", 1, true)]
    [InlineData("10", 10, true)]
    [InlineData("0", 3, false)]
    [InlineData("11", 3, false)]
    [InlineData("-1", 3, false)]
    [InlineData("1.5", 3, false)]
    [InlineData("99999999999", 3, false)]
    public void A_number_is_whole_and_within_its_range(string? text, int number, bool right)
    {
        Assert.Equal(number, _mistakes.ReadNumber(Section(("Limit", text)).GetSection("Limit"), 3, 1, 10));
        if (right)
            _mistakes.ThrowIfAny();
        else
            Assert.Equal([$"Setting FLASHCALL_LIMIT is '{text}'. Give a whole number from 1 to 10."], Lines());
    }

    private TimeSpan ReadDuration(string? text) => _mistakes.ReadDuration(
        Section(("Wait", text)).GetSection("Wait"), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(10), TimeSpan.FromDays(1));

    private string[] Lines() => Assert.Throws<SettingsException>(_mistakes.ThrowIfAny).Message.Split('\n');

    private static IConfigurationRoot Section(params (string Key, string? Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value)))
        .Build();
}
