using System.Text;
using FlashCall.Contracts;
using FlashCall.Fraud.Counting;
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
        Assert.Empty(Destinations(policy, "shop"));
        Assert.Equal(new Thresholds(50, 80), policy.Thresholds);
        Assert.Equal(VelocityLimit.Usual.Length, policy.Velocity.Length);
        Assert.Equal(
            [new(SubjectKind.Number, 5, 600), new(SubjectKind.Number, 10, 86_400)],
            policy.Velocity.Where(limit => limit.Subject is SubjectKind.Number));
        Assert.Equal(2, policy.Velocity.Count(limit => limit.Subject is SubjectKind.Address));
        Assert.Equal(2, policy.Velocity.Count(limit => limit.Subject is SubjectKind.Network));
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
        Assert.Equal(["GB", "SE"], Destinations(policy, "other"));
        Assert.Equal(["NO"], Destinations(policy, "Shop"));
        Assert.Empty(Destinations(policy, "closed"));
        Assert.Equal(
            [new(SubjectKind.Number, 3, 86_400), new(SubjectKind.Network, 7, 10)],
            policy.Velocity.Where(limit => limit.Subject is SubjectKind.Number or SubjectKind.Address or SubjectKind.Network));
        Assert.Equal(new Thresholds(30, 60), policy.Thresholds);
    }

    [Fact]
    public void Rules_can_be_recorded_and_not_enforced() =>
        Assert.Equal(["conversion"], Read("""{ "Fraud": { "ShadowRules": [ "conversion" ] } }""").ShadowRules);

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

    [Fact]
    public void The_version_is_that_of_the_meaning_not_of_the_spelling()
    {
        var version = Version("""{ "Fraud": { "AllowedDestinations": [ "SE", "GB" ] } }""");
        Assert.Equal(version, Version("""{ "Fraud": { "AllowedDestinations": [ "GB", "SE" ], "Thresholds": { "Block": 80 } } }"""));
        Assert.Matches("^1-2-[0-9a-f]{12}$", version);
    }

    [Theory]
    [InlineData("""{ "Fraud": { "AllowedDestinations": [ "SE" ] } }""")]
    [InlineData("""{ "Fraud": { "AllowedDestinations": [ "SE", "GB" ], "Applications": { "shop": { "AllowedDestinations": [] } } } }""")]
    [InlineData("""{ "Fraud": { "AllowedDestinations": [ "SE", "GB" ], "NumberVelocity": [ { "Limit": 5, "Window": "00:10:00" } ] } }""")]
    [InlineData("""{ "Fraud": { "AllowedDestinations": [ "SE", "GB" ], "Thresholds": { "Challenge": 51 } } }""")]
    public void Another_policy_has_another_version(string json) =>
        Assert.NotEqual(Version("""{ "Fraud": { "AllowedDestinations": [ "SE", "GB" ] } }"""), Version(json));

    private static string Version(string json) => new Policy(Read(json), number: 1).Version;

    private static IEnumerable<string> Destinations(PolicyDocument policy, string application) =>
        policy.Destinations.Of(application, Purpose.Login);

    private static PolicyDocument Read(string json) =>
        PolicySettings.Read(new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build());
}
