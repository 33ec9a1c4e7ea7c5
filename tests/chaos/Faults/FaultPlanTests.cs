using Xunit;

namespace FlashCall.Chaos.Faults;

public sealed class FaultPlanTests
{
    [Fact]
    public void The_same_seed_gives_the_same_faults_and_another_seed_others()
    {
        Assert.Equal(FaultPlan.Of(7, isBrief: false).Take(100), FaultPlan.Of(7, isBrief: false).Take(100));
        Assert.NotEqual(FaultPlan.Of(7, isBrief: false).Take(100), FaultPlan.Of(8, isBrief: false).Take(100));
    }

    [Fact]
    public void One_deck_kills_freezes_and_restarts_every_part_and_disturbs_the_way_to_both_servers()
    {
        var deck = FaultPlan.Of(3, isBrief: false).Take(33).ToList();

        foreach (var kind in (FaultKind[])[FaultKind.Kill, FaultKind.Freeze, FaultKind.Restart])
        {
            Assert.Equal(
                FaultPlan.Services.Concat(FaultPlan.Servers).Order(StringComparer.Ordinal),
                deck.Where(fault => fault.Kind == kind)
                    .Select(fault => fault.Target.TrimEnd('1', '2').TrimEnd('-')).Order(StringComparer.Ordinal));
        }
        foreach (var kind in (FaultKind[])[FaultKind.Cut, FaultKind.Stall, FaultKind.Slow])
        {
            Assert.Equal(
                ["postgres", "postgres", "rabbitmq", "rabbitmq"],
                deck.Where(fault => fault.Kind == kind).Select(fault => fault.Target.Split(" to ")[1]).Order(StringComparer.Ordinal));
        }
    }
}
