using FlashCall.Hosting;
using FlashCall.NumberPool.Limits;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace FlashCall.NumberPool.Tests;

public sealed class NumberPoolSettingsTests
{
    [Fact]
    public void Ranges_and_the_rest_period_are_read()
    {
        var settings = Read(
            ("NumberPool:RestPeriod", "24:00:00"),
            ("NumberPool:Ranges:0:Pattern", "+44207946xxxx"), ("NumberPool:Ranges:0:Trunk", "demo"),
            ("NumberPool:Ranges:1:Pattern", "+4670123xxxx"), ("NumberPool:Ranges:1:Trunk", "demo"));
        Assert.Equal(TimeSpan.FromHours(24), settings.RestPeriod);
        Assert.Equal(
            [new(new(4670_1230000, 4670_1239999), "demo", "SE"), new(new(44207946_0000, 44207946_9999), "demo", "GB")], settings.Ranges);
    }

    [Fact]
    public void Without_settings_the_pool_is_empty_and_numbers_rest_for_a_day()
    {
        var settings = Read();
        Assert.Empty(settings.Ranges);
        Assert.Equal(TimeSpan.FromDays(1), settings.RestPeriod);
        Assert.Equal((60, 0.25, LimitSettings.Default), (settings.HourlyCap, settings.ProbeShare, settings.Limits));
    }

    [Fact]
    public void Caps_shares_and_limits_are_read()
    {
        var settings = Read(
            ("NumberPool:HourlyCap", "20"), ("NumberPool:ProbeShare", "0.5"), ("NumberPool:Limits:Callee:Burst", "2"),
            ("NumberPool:Limits:Callee:PerHour", "4"), ("NumberPool:Limits:Client:PerHour", "30"), ("NumberPool:Limits:Pool:Burst", "9"),
            ("NumberPool:Limits:WrongReportCost", "0"));
        Assert.Equal((20, 0.5), (settings.HourlyCap, settings.ProbeShare));
        Assert.Equal(new LimitSettings(new(2, 4), new(20, 30), new(9, 1_000_000), WrongReportCost: 0), settings.Limits);
        Assert.Null(Read(("NumberPool:HourlyCap", "none")).HourlyCap);
    }

    [Theory]
    [InlineData("HourlyCap", "0", "Give a whole number from 1 to 600, or none.")]
    [InlineData("HourlyCap", "601", "Give a whole number from 1 to 600, or none.")]
    [InlineData("ProbeShare", "1.5", "Give a share from 0 to 1, such as 0.25.")]
    [InlineData("ProbeShare", "-0.1", "Give a share from 0 to 1, such as 0.25.")]
    [InlineData("ProbeShare", "NaN", "Give a share from 0 to 1, such as 0.25.")]
    [InlineData("Limits", "10", "Give a section")]
    [InlineData("Limits:Pool", "10", "Give a section")]
    [InlineData("Limits:Callee:Burst", "0", "Give a whole number from 1")]
    [InlineData("Limits:Caller:Burst", "1", "is no setting")]
    [InlineData("Limits:Client:PerMinute", "1", "is no setting")]
    [InlineData("Limits:WrongReportCost", "1001", "Give a whole number from 0 to 1000")]
    public void Caps_shares_and_limits_that_are_none_are_refused(string setting, string value, string said) =>
        Assert.Contains(said, Mistakes(("NumberPool:" + setting, value)), StringComparison.Ordinal);

    [Theory]
    [InlineData("a day", "hh:mm:ss")]
    [InlineData("24", "hh:mm:ss")]
    [InlineData("00:00:30", "Give 00:01:00 to 90.00:00:00")]
    [InlineData("91.00:00:00", "Give 00:01:00 to 90.00:00:00")]
    [InlineData("-01:00:00", "hh:mm:ss")]
    public void A_rest_period_that_is_none_is_refused(string text, string said) =>
        Assert.Contains(said, Mistakes(("NumberPool:RestPeriod", text)), StringComparison.Ordinal);

    [Fact]
    public void A_range_may_be_of_a_trunk_that_the_settings_do_not_have() => Assert.Equal(
        "carrier-b",
        Assert.Single(Read(
            ("NumberPool:Ranges:0:Pattern", "+44207946xxxx"), ("NumberPool:Ranges:0:Trunk", "carrier-b"),
            ("Trunks:0:Name", "demo")).Ranges).Trunk);

    [Fact]
    public void Ranges_that_share_numbers_are_refused_by_name()
    {
        var said = Mistakes(
            ("NumberPool:Ranges:0:Pattern", "+44207946xxxx"), ("NumberPool:Ranges:0:Trunk", "a"),
            ("NumberPool:Ranges:1:Pattern", "+4670123xxxx"), ("NumberPool:Ranges:1:Trunk", "a"),
            ("NumberPool:Ranges:2:Pattern", "+4420794612xx"), ("NumberPool:Ranges:2:Trunk", "b"));
        Assert.Contains(
            "FLASHCALL_NUMBERPOOL__RANGES__0__PATTERN is '+44207946xxxx' and shares numbers with "
                + "FLASHCALL_NUMBERPOOL__RANGES__2__PATTERN, which is '+4420794612xx'.",
            said, StringComparison.Ordinal);
    }

    [Fact]
    public void Ranges_that_are_no_list_are_refused() =>
        Assert.Equal(
            "Setting FLASHCALL_NUMBERPOOL__RANGES is '+44207946xxxx'. Give a list of ranges, "
                + "such as [{ \"Pattern\": \"+44207946xxxx\", \"Trunk\": \"demo\" }].",
            Assert.Throws<SettingsException>(() => Read(("NumberPool:Ranges", "+44207946xxxx"))).Message);

    [Fact]
    public void All_mistakes_are_listed_at_once()
    {
        var said = Mistakes(
            ("NumberPool:RestPeriods", "24:00:00"), ("NumberPool:RestPeriod", "soon"),
            ("NumberPool:Ranges:0:Pattern", "44207946xxxx"),
            ("NumberPool:Ranges:1:Patern", "+4670123xxxx"), ("NumberPool:Ranges:1:Trunk", "a"));
        string[] mistakes =
        [
            "RESTPERIODS is no setting", "RESTPERIOD is 'soon'", "RANGES__0__PATTERN is '44207946xxxx'", "RANGES__0__TRUNK is missing",
            "RANGES__1__PATERN is no setting", "RANGES__1__PATTERN is missing",
        ];
        Assert.Equal(mistakes.Length, said.Split('\n').Length);
        Assert.All(mistakes, mistake => Assert.Contains($"Setting FLASHCALL_NUMBERPOOL__{mistake}", said, StringComparison.Ordinal));
    }

    private static string Mistakes(params (string Key, string Value)[] settings)
    {
        var exception = Assert.Throws<SettingsException>(() => Read(settings));
        Assert.StartsWith("FLASHCALL_NUMBERPOOL__", exception.Setting, StringComparison.Ordinal);
        return exception.Message;
    }

    private static NumberPoolSettings Read(params (string Key, string Value)[] settings) => NumberPoolSettings.Read(
        new ConfigurationBuilder().AddInMemoryCollection(
            settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build());
}
