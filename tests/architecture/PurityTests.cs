using ArchUnitNET.Fluent;
using ArchUnitNET.Loader;
using Xunit;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace FlashCall.Architecture.Tests;

/// <summary>What decides touches neither a server nor a clock: it can be tested, replayed and asked "what if" without one.</summary>
public sealed class PurityTests
{
    private const string Outside =
        @"^(MassTransit|Marten|JasperFx|Weasel|Npgsql|RabbitMQ|Yarp|OpenTelemetry|Microsoft\.AspNetCore|Microsoft\.Extensions|System\.Net\.Sockets|System\.IO|System\.Threading\.Tasks|System\.Data)";

    private static readonly ArchUnitNET.Domain.Architecture House = new ArchLoader()
        .LoadAssemblies(
            ((string[])["FlashCall.Verification", "FlashCall.NumberPool", "FlashCall.Fraud", "FlashCall.FraudEngine", "FlashCall.Dialer"]).Select(System.Reflection.Assembly.Load).ToArray())
        .Build();

    [Theory]
    [InlineData(@"^FlashCall\.Verification\.(Sessions|Channels)")]
    [InlineData(@"^FlashCall\.Fraud\.(Engine|Rules|Counting)")]
    public void A_namespace_that_decides_reaches_for_nothing(string pure)
    {
        var rule = Types().That().ResideInNamespaceMatching(pure).And().DoNotHaveNameContaining("<")
            .Should().NotDependOnAnyTypesThat().ResideInNamespaceMatching(Outside);

        AssertHolds(rule);
    }

    [Theory]
    [InlineData("FlashCall.Dialer.Calls.CallDecider")]
    [InlineData("FlashCall.Dialer.Routing.TrunkBreaker")]
    [InlineData("FlashCall.Dialer.Routing.TrunkSelection")]
    [InlineData("FlashCall.Dialer.Routing.SlotQueue`1")]
    [InlineData("FlashCall.Fraud.Storage.Decisions")]
    [InlineData("FlashCall.NumberPool.Wear.WearTest")]
    [InlineData("FlashCall.NumberPool.Wear.WearBook")]
    [InlineData("FlashCall.NumberPool.Wear.PeerGroup")]
    [InlineData("FlashCall.NumberPool.Wear.Trend")]
    [InlineData("FlashCall.NumberPool.Wear.RecentDays")]
    [InlineData("FlashCall.NumberPool.Numbers.Disclosure")]
    [InlineData("FlashCall.NumberPool.Numbers.FirstCome")]
    [InlineData("FlashCall.NumberPool.Numbers.NumberSpans")]
    [InlineData("FlashCall.NumberPool.Numbers.RunChange")]
    public void A_type_that_decides_reaches_for_nothing(string type)
    {
        Assert.Contains(House.Types, one => one.FullName == type);
        AssertHolds(Types().That().HaveFullName(type).Should().NotDependOnAnyTypesThat().ResideInNamespaceMatching(Outside));
    }

    [Fact]
    public void The_rule_sees_a_namespace_that_does_reach_out() =>
        Assert.NotEmpty(Violations(Types().That().ResideInNamespaceMatching(@"^FlashCall\.Verification\.Storage")
            .Should().NotDependOnAnyTypesThat().ResideInNamespaceMatching(Outside)));

    private static void AssertHolds(IArchRule rule)
    {
        var violations = Violations(rule);
        Assert.True(violations.Count == 0, string.Join('\n', violations));
    }

    private static List<string> Violations(IArchRule rule) =>
        [.. rule.Evaluate(House).Where(result => !result.Passed).Select(result => result.Description)];
}
