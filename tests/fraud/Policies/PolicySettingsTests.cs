using System.Text;
using FlashCall.Fraud.Policies;
using FlashCall.Hosting;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace FlashCall.Fraud.Tests.Policies;

public sealed class PolicySettingsTests
{
    [Fact]
    public void Without_settings_nothing_may_be_rung_and_the_usual_limits_hold()
    {
        var policy = Read("{}");
        Assert.Empty(policy.DestinationsOf("shop"));
        Assert.Equal((50, 80), (policy.ChallengeAt, policy.BlockAt));
        Assert.Equal(
            [new(VelocitySubject.Number, 5, TimeSpan.FromMinutes(10)), new(VelocitySubject.Number, 10, TimeSpan.FromDays(1))],
            policy.Limits.Where(limit => limit.Subject is VelocitySubject.Number));
        Assert.Equal(2, policy.Limits.Count(limit => limit.Subject is VelocitySubject.Address));
        Assert.Equal(2, policy.Limits.Count(limit => limit.Subject is VelocitySubject.Network));
    }

    [Fact]
    public void All_of_it_can_be_set()
    {
        var policy = Read("""
            { "Fraud": {
                "AllowedDestinations": [ "SE", "GB" ],
                "Applications": { "shop": { "AllowedDestinations": [ "NO" ] }, "closed": { "AllowedDestinations": [] } },
                "NumberVelocity": [ { "Limit": 3, "Window": "24:00:00" } ],
                "AddressVelocity": [],
                "NetworkVelocity": [ { "Limit": 7, "Window": "00:00:10" } ],
                "Thresholds": { "Challenge": 30, "Block": 60 } } }
            """);
        Assert.Equal(["GB", "SE"], policy.DestinationsOf("other"));
        Assert.Equal(["NO"], policy.DestinationsOf("Shop"));
        Assert.Empty(policy.DestinationsOf("closed"));
        Assert.Equal(
            [new(VelocitySubject.Number, 3, TimeSpan.FromDays(1)), new(VelocitySubject.Network, 7, TimeSpan.FromSeconds(10))],
                policy.Limits);
        Assert.Equal((30, 60), (policy.ChallengeAt, policy.BlockAt));
    }

    [Theory]
    [InlineData("""{ "Fraud": { "AllowedDestinations": [ "SE", "sweden" ] } }""", "Fraud:AllowedDestinations:1 is 'sweden'")]
    [InlineData("""{ "Fraud": { "AllowedDestinations": [ "se" ] } }""", "two capital letters")]
    [InlineData("""{ "Fraud": { "AllowedDestinations": [ "+979" ] } }""", "ISO 3166-1 country")]
    [InlineData("""{ "Fraud": { "AllowedDestinations": "SE" } }""", "a list of ISO 3166-1 countries")]
    [InlineData("""{ "Fraud": { "AllowedDestination": [ "SE" ] } }""", "Fraud:AllowedDestination is no setting")]
    [InlineData("""{ "Fraud": { "Applications": { "shop": { "Allowed": [ "SE" ] } } } }""",
        "Fraud:Applications:shop:Allowed is no setting")]
    [InlineData("""{ "Fraud": { "NumberVelocity": [ { "Limit": 0, "Window": "00:10:00" } ] } }""", "Fraud:NumberVelocity:0:Limit is '0'")]
    [InlineData("""{ "Fraud": { "NumberVelocity": [ { "Window": "00:10:00" } ] } }""", "Fraud:NumberVelocity:0:Limit is missing")]
    [InlineData("""{ "Fraud": { "NumberVelocity": [ { "Limit": 5, "Window": "31.00:00:00" } ] } }""", "30 days")]
    [InlineData("""{ "Fraud": { "NumberVelocity": [ { "Limit": 5, "Window": "600" } ] } }""", "hh:mm:ss")]
    [InlineData("""{ "Fraud": { "NumberVelocity": [ { "Limit": 5, "Window": "24:00:00" }, { "Limit": 6, "Window": "1.00:00:00" } ] } }""",
        "Give each window once")]
    [InlineData("""{ "Fraud": { "Thresholds": { "Challenge": 90 } } }""", "may not be above")]
    [InlineData("""{ "Fraud": { "Thresholds": { "Block": 101 } } }""", "from 1 to 100")]
    [InlineData("""{ "Fraud": { "Thresholds": { "Block": "high" } } }""", "Fraud:Thresholds:Block is 'high'")]
    public void What_is_wrong_is_said(string json, string said) =>
        Assert.Contains(said, Assert.Throws<SettingsException>(() => Read(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void All_mistakes_are_listed_at_once()
    {
        var message = Assert.Throws<SettingsException>(() => Read("""
            { "Fraud": {
                "AllowedDestinations": [ "XX" ], "Tresholds": {}, "Thresholds": { "Block": 0 },
                "AddressVelocity": [ { "Limit": "many", "Window": "soon" } ] } }
            """)).Message;
        Assert.All(
            ["Fraud:AllowedDestinations:0", "Fraud:Tresholds", "Fraud:Thresholds:Block", "Fraud:AddressVelocity:0:Limit",
                "Fraud:AddressVelocity:0:Window"],
            setting => Assert.Contains(setting + " is", message, StringComparison.Ordinal));
    }

    [Fact]
    public void The_version_is_that_of_the_meaning_not_of_the_spelling()
    {
        var version = Read("""{ "Fraud": { "AllowedDestinations": [ "SE", "GB" ] } }""").Version;
        Assert.Equal(version, Read("""{ "Fraud": { "AllowedDestinations": [ "GB", "SE" ], "Thresholds": { "Block": 80 } } }""").Version);
        Assert.Matches("^1-[0-9a-f]{12}$", version);
    }

    [Theory]
    [InlineData("""{ "Fraud": { "AllowedDestinations": [ "SE" ] } }""")]
    [InlineData("""{ "Fraud": { "AllowedDestinations": [ "SE", "GB" ], "Applications": { "shop": { "AllowedDestinations": [] } } } }""")]
    [InlineData("""{ "Fraud": { "AllowedDestinations": [ "SE", "GB" ], "NumberVelocity": [ { "Limit": 5, "Window": "00:10:00" } ] } }""")]
    [InlineData("""{ "Fraud": { "AllowedDestinations": [ "SE", "GB" ], "Thresholds": { "Challenge": 51 } } }""")]
    public void Another_policy_has_another_version(string json) =>
        Assert.NotEqual(Read("""{ "Fraud": { "AllowedDestinations": [ "SE", "GB" ] } }""").Version, Read(json).Version);

    private static Policy Read(string json) =>
        PolicySettings.Read(new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build());
}
