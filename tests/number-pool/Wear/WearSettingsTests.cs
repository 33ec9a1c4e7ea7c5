using FlashCall.Hosting;
using FlashCall.NumberPool.Wear;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace FlashCall.NumberPool.Tests.Wear;

public sealed class WearSettingsTests
{
    [Fact]
    public void Without_settings_the_defaults_hold() => Assert.Equal(
        new WearSettings(
            Enabled: true, Ratio: 0.5, CallsPerFalseAlarm: 100_000, LeastTrials: 100, FirstRest: TimeSpan.FromDays(1), MaxRests: 4,
            PeerDays: 7),
        Read());

    [Fact]
    public void All_settings_are_read() => Assert.Equal(
        new WearSettings(
            Enabled: false, Ratio: 0.75, CallsPerFalseAlarm: 5000, LeastTrials: 20, FirstRest: TimeSpan.FromHours(6), MaxRests: 0,
            PeerDays: 30),
        Read(
            ("Enabled", "false"), ("Ratio", "0.75"), ("CallsPerFalseAlarm", "5000"), ("LeastTrials", "20"), ("FirstRest", "06:00:00"),
            ("MaxRests", "0"), ("PeerDays", "30")));

    [Theory]
    [InlineData("Enabled", "perhaps", "Give true or false.")]
    [InlineData("Ratio", "1", "Give a share from 0.1 to 0.9")]
    [InlineData("Ratio", "half", "Give a share from 0.1 to 0.9")]
    [InlineData("CallsPerFalseAlarm", "99", "Give a whole number from 100 to 1000000000.")]
    [InlineData("LeastTrials", "19", "Give a whole number from 20 to 100000.")]
    [InlineData("FirstRest", "00:00:30", "Give 00:01:00 to 30.00:00:00")]
    [InlineData("MaxRests", "11", "Give a whole number from 0 to 10.")]
    [InlineData("PeerDays", "1", "Give a whole number from 2 to 30.")]
    [InlineData("Ration", "0.5", "is no setting. Known here: Enabled, Ratio")]
    public void What_is_wrong_is_said_by_name(string name, string value, string said)
    {
        var mistake = Assert.Throws<SettingsException>(() => Read((name, value)));
        Assert.Equal("FLASHCALL_NUMBERPOOL__WEAR__" + name.ToUpperInvariant(), mistake.Setting);
        Assert.Contains(said, mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_single_value_in_its_place_is_refused() => Assert.Contains(
        "Give a section",
        Assert.Throws<SettingsException>(() => NumberPoolSettings.Read(
            new ConfigurationBuilder().AddInMemoryCollection([new("NumberPool:Wear", "off")]).Build())).Message,
        StringComparison.Ordinal);

    private static WearSettings Read(params (string Key, string Value)[] settings) => NumberPoolSettings.Read(
        new ConfigurationBuilder().AddInMemoryCollection(
            settings.Select(setting => KeyValuePair.Create($"NumberPool:Wear:{setting.Key}", (string?)setting.Value))).Build()).Wear;
}
