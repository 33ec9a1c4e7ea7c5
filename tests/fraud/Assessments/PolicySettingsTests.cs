using System.Text;
using FlashCall.Contracts;
using FlashCall.Fraud.Assessments;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Policies;
using FlashCall.Hosting;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace FlashCall.Fraud.Tests.Assessments;

public sealed class PolicySettingsTests
{
    [Fact]
    public void Without_settings_nothing_may_be_rung_and_the_usual_limits_hold()
    {
        var document = Read("{}");
        Assert.Empty(document.Destinations.Of("shop", Purpose.Login));
        Assert.Equal(new PolicyDocument().Thresholds, document.Thresholds);
        Assert.Equal(VelocityLimit.Usual, document.Velocity);
    }

    [Fact]
    public void All_of_it_can_be_set()
    {
        var document = Read("""
            { "Fraud": {
                "AllowedDestinations": [ "SE", "GB" ],
                "Applications": { "shop": { "AllowedDestinations": [ "NO" ] }, "closed": { "AllowedDestinations": [] } },
                "NumberVelocity": [ { "Limit": 3, "Window": "24:00:00" } ],
                "AddressVelocity": [],
                "NetworkVelocity": [ { "Limit": 7, "Window": "00:00:10" } ],
                "ShadowRules": [ "conversion" ],
                "Thresholds": { "Challenge": 30, "Block": 60 } } }
            """);
        Assert.Equal(["GB", "SE"], document.Destinations.Of("other", Purpose.Login));
        Assert.Equal(["NO"], document.Destinations.Of("Shop", Purpose.Kyc));
        Assert.Empty(document.Destinations.Of("closed", Purpose.Login));
        Assert.Equal(
            [new(SubjectKind.Number, 3, 86_400), new(SubjectKind.Network, 7, 10)],
            document.Velocity.Where(limit => limit.Subject is SubjectKind.Number or SubjectKind.Address or SubjectKind.Network));
        Assert.Equal(new Thresholds(30, 60), document.Thresholds);
        Assert.Equal(["conversion"], document.ShadowRules);
    }

    [Theory]
    [InlineData("""{ "Fraud": { "AllowedDestinations": [ "SE", "sweden" ] } }""", "FLASHCALL_FRAUD__ALLOWEDDESTINATIONS__1 is 'sweden'")]
    [InlineData("""{ "Fraud": { "AllowedDestinations": [ "se" ] } }""", "two capital letters")]
    [InlineData("""{ "Fraud": { "AllowedDestinations": [ "+979" ] } }""", "ISO 3166-1 country")]
    [InlineData("""{ "Fraud": { "AllowedDestinations": "SE" } }""", "a list of ISO 3166-1 countries")]
    [InlineData("""{ "Fraud": { "AllowedDestination": [ "SE" ] } }""", "FLASHCALL_FRAUD__ALLOWEDDESTINATION is no setting")]
    [InlineData("""{ "Fraud": { "Applications": { "shop": { "Allowed": [ "SE" ] } } } }""",
        "FLASHCALL_FRAUD__APPLICATIONS__SHOP__ALLOWED is no setting")]
    [InlineData("""{ "Fraud": { "NumberVelocity": [ { "Limit": 0, "Window": "00:10:00" } ] } }""",
        "FLASHCALL_FRAUD__NUMBERVELOCITY__0__LIMIT is '0'")]
    [InlineData("""{ "Fraud": { "NumberVelocity": [ { "Window": "00:10:00" } ] } }""",
        "FLASHCALL_FRAUD__NUMBERVELOCITY__0__LIMIT is missing")]
    [InlineData("""{ "Fraud": { "NumberVelocity": [ { "Limit": 5 } ] } }""", "FLASHCALL_FRAUD__NUMBERVELOCITY__0__WINDOW is missing")]
    [InlineData("""{ "Fraud": { "NumberVelocity": [ { "Limit": 5, "Window": "31.00:00:00" } ] } }""", "00:00:01 to 30.00:00:00")]
    [InlineData("""{ "Fraud": { "NumberVelocity": [ { "Limit": 5, "Window": "600" } ] } }""", "hh:mm:ss")]
    [InlineData("""{ "Fraud": { "NumberVelocity": [ { "Limit": 5, "Window": "24:00:00" }, { "Limit": 6, "Window": "1.00:00:00" } ] } }""",
        "Give each window once")]
    [InlineData("""{ "Fraud": { "Thresholds": { "Challenge": 90 } } }""",
        "FLASHCALL_FRAUD__THRESHOLDS__CHALLENGE is 90 and FLASHCALL_FRAUD__THRESHOLDS__BLOCK 80. The first may not be above")]
    [InlineData("""{ "Fraud": { "ShadowRules": [ "conversions" ] } }""",
        "FLASHCALL_FRAUD__SHADOWRULES__0 is 'conversions', which is no rule. The rules are: ")]
    [InlineData("""{ "Fraud": { "Thresholds": { "Block": 101 } } }""", "from 1 to 100")]
    [InlineData("""{ "Fraud": { "Thresholds": { "Block": "high" } } }""", "FLASHCALL_FRAUD__THRESHOLDS__BLOCK is 'high'")]
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
        Assert.Equal(
            ["FLASHCALL_FRAUD__TRESHOLDS is", "FLASHCALL_FRAUD__ALLOWEDDESTINATIONS__0 is", "FLASHCALL_FRAUD__ADDRESSVELOCITY__0__LIMIT is",
                "FLASHCALL_FRAUD__ADDRESSVELOCITY__0__WINDOW is", "FLASHCALL_FRAUD__THRESHOLDS__BLOCK is"],
            message.Split('\n').Select(line => string.Join(' ', line.Split(' ')[1..3])));
    }

    private static PolicyDocument Read(string json) =>
        PolicySettings.Read(new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build());
}
