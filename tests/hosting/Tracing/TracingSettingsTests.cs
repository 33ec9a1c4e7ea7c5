using FlashCall.Hosting.Tracing;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace FlashCall.Hosting.Tests.Tracing;

public sealed class TracingSettingsTests
{
    [Fact]
    public void Without_settings_every_trace_is_exported()
    {
        var settings = Read();
        Assert.Equal(new TracingSettings(1, TimeSpan.FromSeconds(2)), settings);
        Assert.True(settings.IsAll);
    }

    [Fact]
    public void A_ratio_and_a_duration_are_read()
    {
        var settings = Read(("Ratio", "0.05"), ("Slow", "00:00:01.5"));
        Assert.Equal(new TracingSettings(0.05, TimeSpan.FromSeconds(1.5)), settings);
        Assert.False(settings.IsAll);
    }

    [Theory]
    [InlineData("Ratio", "5")]
    [InlineData("Ratio", "-0.1")]
    [InlineData("Ratio", "NaN")]
    [InlineData("Ratio", "5%")]
    [InlineData("Slow", "0")]
    [InlineData("Slow", "01:00:00")]
    [InlineData("Rate", "0.05")]
    public void What_is_wrong_is_named(string name, string value)
    {
        var refused = Assert.Throws<SettingsException>(() => Read((name, value)));
        Assert.Contains($"FLASHCALL_TRACING__{name.ToUpperInvariant()}", refused.Message, StringComparison.Ordinal);
    }

    private static TracingSettings Read(params (string Name, string Value)[] settings) => TracingSettings.Read(new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create<string, string?>($"Tracing:{setting.Name}", setting.Value)))
        .Build());
}
