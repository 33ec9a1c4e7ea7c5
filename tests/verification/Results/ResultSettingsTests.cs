using FlashCall.Hosting;
using FlashCall.Verification.Results;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace FlashCall.Verification.Tests.Results;

public sealed class ResultSettingsTests
{
    private static readonly string Key = Convert.ToBase64String(new byte[32]);

    [Fact]
    public void Only_the_key_has_to_be_set()
    {
        var settings = Read([], new SettingsMistakes());

        Assert.Equal(("flashcall", 10, 30, 1), (settings!.Issuer, settings.TokenLifetime.TotalMinutes, settings.RotateEvery.TotalDays,
            settings.PublishAhead.TotalDays));
    }

    [Fact]
    public void A_short_rotation_shortens_what_is_published_ahead() =>
        Assert.Equal(TimeSpan.FromMinutes(30), Read([("Results:RotateEvery", "01:00:00")], new SettingsMistakes())!.PublishAhead);

    [Theory]
    [InlineData("Results:Issuer", "two words", "FLASHCALL_RESULTS__ISSUER is no issuer")]
    [InlineData("Results:TokenLifetime", "01:00:01", "FLASHCALL_RESULTS__TOKENLIFETIME is '01:00:01'. Give 00:01:00 to 01:00:00")]
    [InlineData("Results:RotateEvery", "00:30:00", "FLASHCALL_RESULTS__ROTATEEVERY is '00:30:00'")]
    [InlineData("Results:PublishAhead", "15.00:00:01", "FLASHCALL_RESULTS__PUBLISHAHEAD is '15.00:00:01'. Give 00:01:00 to 15.00:00:00")]
    [InlineData("Results:Lifetime", "00:10:00", "FLASHCALL_RESULTS__LIFETIME is no setting")]
    [InlineData("Verification:SecretsKey", "", "FLASHCALL_VERIFICATION__SECRETSKEY is missing")]
    [InlineData("Verification:SecretsKey", "c2hvcnQ=", "FLASHCALL_VERIFICATION__SECRETSKEY is not a key")]
    public void A_wrong_setting_is_named_with_what_would_be_right(string setting, string value, string said)
    {
        var mistakes = new SettingsMistakes();
        Read([(setting, value)], mistakes);

        var refused = Assert.Throws<SettingsException>(mistakes.ThrowIfAny);
        Assert.StartsWith("Setting " + said, refused.Message, StringComparison.Ordinal);
    }

    private static ResultSettings? Read((string Name, string Value)[] settings, SettingsMistakes mistakes) => ResultSettings.Read(
        new ConfigurationBuilder()
            .AddInMemoryCollection([new("Verification:SecretsKey", Key)])
            .AddInMemoryCollection(settings.Select(one => new KeyValuePair<string, string?>(one.Name, one.Value)))
            .Build(),
        mistakes);
}
