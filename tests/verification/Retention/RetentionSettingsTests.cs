using FlashCall.Hosting;
using FlashCall.Verification.Retention;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace FlashCall.Verification.Tests.Retention;

/// <summary>How long what is kept is an operator's to say.</summary>
public sealed class RetentionSettingsTests
{
    [Theory]
    [InlineData(null, null, 90, null)]
    [InlineData("30.00:00:00", "365.00:00:00", 30, 365)]
    [InlineData("48:00:00", "24:00:00", 2, 1)]
    [InlineData("never", "Never", null, null)]
    public void It_is_as_it_is_set(string? archive, string? erase, int? archiveDays, int? eraseDays)
    {
        var (settings, mistakes) = Read(("ArchiveAfter", archive), ("EraseAfter", erase));

        Assert.Null(mistakes);
        Assert.Equal((archiveDays, eraseDays), (settings.ArchiveAfter?.Days, settings.EraseAfter?.Days));
    }

    [Theory]
    [InlineData("ArchiveAfter", "90")]
    [InlineData("ArchiveAfter", "23:59:59")]
    [InlineData("EraseAfter", "36501.00:00:00")]
    [InlineData("EraseAfter", "none")]
    [InlineData("DeleteAfter", "90.00:00:00")]
    public void What_is_wrong_is_named(string setting, string text)
    {
        var (_, mistakes) = Read((setting, text));

        Assert.StartsWith($"Setting FLASHCALL_RETENTION__{setting.ToUpperInvariant()} ", mistakes, StringComparison.Ordinal);
    }

    private static (RetentionSettings Settings, string? Mistakes) Read(params (string Name, string? Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(one => KeyValuePair.Create($"Retention:{one.Name}", one.Value))).Build();
        var mistakes = new SettingsMistakes();
        var read = RetentionSettings.Read(configuration, mistakes);
        return (read, Record.Exception(mistakes.ThrowIfAny)?.Message);
    }
}
