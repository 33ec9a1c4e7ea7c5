using System.Net;
using FlashCall.Handset.Phones;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace FlashCall.Handset.Tests;

public sealed class SettingsTests
{
    [Fact]
    public void Defaults_are_told_in_one_line()
    {
        var settings = Read();

        Assert.Equal(IPEndPoint.Parse("127.0.0.1:5080"), settings.Sip);
        Assert.Equal(
            "+4670174061x are picked up after 1 s, +4670174062x are busy, +4670174063x reject, +4670174064x stay silent, " +
            "+4670174065x are unreachable, +4670174066x go to an announcement, +4670174067x ring (after 4 s), " +
            "+4670174068x are unassigned, all others ring; post-dial delay 0.05 s",
            settings.Describe());
    }

    [Fact]
    public void The_first_pattern_that_fits_decides()
    {
        var phonebook = new Phonebook(Read(
            ("Behaviours:0:Pattern", "+4670174060x"), ("Behaviours:0:Behaviour", "Busy"),
            ("Behaviours:1:Pattern", "+46701740\\d*"), ("Behaviours:1:Behaviour", "silent"), ("Behaviours:1:PostDialDelay", "00:00:02")));

        Assert.Equal(Behaviour.Busy, phonebook.BehaviourOf("+46701740605").Behaviour);
        Assert.Equal(
            new PhoneBehaviour(Behaviour.Silent, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1)),
            phonebook.BehaviourOf("+46701740615"));
        Assert.Equal(Behaviour.Ring, phonebook.BehaviourOf("+447700900001").Behaviour);
        Assert.Equal(Behaviour.Ring, phonebook.BehaviourOf("+146701740605").Behaviour);
    }

    [Theory]
    [InlineData("+4670174060x", "+46701740605", true)]
    [InlineData("+4670174060x", "+467017406055", false)]
    [InlineData("+4670174060X", "+46701740615", false)]
    [InlineData("+46701740\\d*", "+46701740", true)]
    [InlineData("\\+46(70|73)\\d{7}", "+46731234567", true)]
    [InlineData("+46701|+4799", "+4799", false)]
    [InlineData("+46701|4799", "+4799", true)]
    public void Patterns_fit_whole_numbers(string text, string number, bool fits)
    {
        Assert.Equal(!text.Contains("|+", StringComparison.Ordinal), NumberPattern.TryParse(text, out var pattern));
        Assert.Equal(fits, pattern?.Matches(number) ?? false);
    }

    [Theory]
    [InlineData("SipListen", "5080")]
    [InlineData("SipListen", "127.0.0.1")]
    [InlineData("SipListen", "[::1]")]
    [InlineData("SipListen", "localhost:5080")]
    [InlineData("PostDialDelay", "fast")]
    [InlineData("PostDialDelay", "-00:00:01")]
    [InlineData("PostDialDelay", "00:02:01")]
    [InlineData("CallLimit", "02:00:00")]
    [InlineData("T1", "00:00:00")]
    [InlineData("CallsKept", "0")]
    [InlineData("CallsKeptPerPhone", "many")]
    public void A_wrong_setting_is_named(string setting, string value)
    {
        var refused = Assert.Throws<HandsetSettingsException>(() => Read((setting, value)));

        Assert.Contains($"Handset:{setting} is '{value}' but must be", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("46701740605", "ring", null, "Behaviours:0:Pattern")]
    [InlineData("+(", "ring", null, "Behaviours:0:Pattern")]
    [InlineData("+", "ring", null, "Behaviours:0:Pattern")]
    [InlineData("+46x", "dance", null, "Behaviours:0:Behaviour")]
    [InlineData("+46x", "0", null, "Behaviours:0:Behaviour")]
    [InlineData("+46x", null, null, "Behaviours:0:Behaviour")]
    [InlineData("+46x", "ring", "soon", "Behaviours:0:AnswerAfter")]
    public void A_wrong_rule_is_named(string pattern, string? behaviour, string? answerAfter, string setting)
    {
        var refused = Assert.Throws<HandsetSettingsException>(() => Read(
            ("Behaviours:0:Pattern", pattern), ("Behaviours:0:Behaviour", behaviour), ("Behaviours:0:AnswerAfter", answerAfter)));

        Assert.Contains($"Handset:{setting} ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_that_fails_ends_the_process_with_1()
    {
        await using var other = await RunningHandset.StartAsync();

        Assert.Equal(1, await HandsetService.RunAsync([$"--Handset:SipListen={other.Sip}", "--urls=http://127.0.0.1:0"]));
        Assert.Equal(1, await HandsetService.RunAsync(["--Handset:SipListen=127.0.0.1:0", $"--urls={other.Http.BaseAddress}"]));
        Assert.Equal(1, await HandsetService.RunAsync(["--Handset:SipListen=nowhere"]));
    }

    private static HandsetSettings Read(params (string Name, string? Value)[] settings) => HandsetSettings.Read(new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"Handset:{setting.Name}", setting.Value)))
        .Build());
}
