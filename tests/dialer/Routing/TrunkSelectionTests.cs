using System.Globalization;
using CsCheck;
using FlashCall.Dialer.Routing;
using FlashCall.Dialer.Tests.Support;
using FlashCall.Dialer.Trunks;
using Xunit;

namespace FlashCall.Dialer.Tests.Routing;

/// <summary>Which trunks a call may take, and in which order.</summary>
public sealed class TrunkSelectionTests
{
    private const string Covering = "+44207946xxxx";
    private readonly Dictionary<string, TrunkCondition> _conditions = new(StringComparer.Ordinal);
    private readonly Random _random = new(20260301);

    [Fact]
    public void Only_the_trunk_that_the_caller_ID_is_leased_on_presents_it_unless_others_cover_it()
    {
        Trunk[] trunks = [Trunks.Named("leased"), Trunks.Named("other"), Trunks.Named("covers").Presenting(Covering)];
        Assert.Equal(["covers", "leased"], Names(Select(trunks, leasedOn: "leased")).Order());
        Assert.Equal(["covers"], Names(Select(trunks, leasedOn: "gone")));
    }

    [Fact]
    public void Without_a_trunk_for_the_caller_ID_the_reason_says_so()
    {
        Trunk[] trunks = [Trunks.Named("a"), Trunks.Named("b").Presenting("+4420794700xx")];
        Assert.Equal(NoTrunk.CallerId, Why(trunks, leasedOn: "gone"));
        // Its own ranges decide, where it has some, even for what was leased on it.
        Assert.Equal(NoTrunk.CallerId, Why(trunks, leasedOn: "b"));
        Assert.Equal(NoTrunk.CallerId, Why([], leasedOn: "a"));
    }

    [Fact]
    public void Without_a_trunk_for_the_destination_the_reason_says_so()
    {
        Trunk[] trunks = [Trunks.Named("a").Reaching("+44", "+4670174060500")];
        Assert.Equal(NoTrunk.Destination, Why(trunks));
        Assert.Equal(["a"], Names(Select([trunks[0].Reaching("+44", "+467")])));
        Assert.Equal(["a"], Names(Select([trunks[0].Reaching()])));
    }

    [Fact]
    public void A_trunk_that_is_drained_takes_no_new_calls()
    {
        var draining = Trunks.Named("a") with { State = TrunkState.Draining };
        Assert.Equal(NoTrunk.Draining, Why([draining]));
        Assert.Equal(["b"], Names(Select([draining, Trunks.Named("b").Presenting(Covering)])));
    }

    [Fact]
    public void A_trunk_that_is_held_out_takes_none_even_if_all_are()
    {
        _conditions["a"] = new TrunkCondition(Admission.None, Reachability.Up);
        var second = Trunks.Named("b").Presenting(Covering) with { Priority = 2 };
        Assert.Equal(NoTrunk.Down, Why([Trunks.Named("a")]));
        Assert.Equal(["b"], Names(Select([Trunks.Named("a"), second])));
    }

    [Fact]
    public void One_that_failed_calls_and_answers_OPTIONS_is_tried_in_its_usual_place()
    {
        _conditions["a"] = new TrunkCondition(Admission.One, Reachability.Up);
        var second = Trunks.Named("b").Presenting(Covering) with { Priority = 2 };
        Assert.Equal(["a", "b"], Names(Select([second, Trunks.Named("a")])));
    }

    [Fact]
    public void What_OPTIONS_says_goes_before_priority_and_priority_before_chance()
    {
        Trunk[] trunks =
        [
            .. from priority in (int[])[3, 1, 2]
               from reachability in (Reachability[])[Reachability.Down, Reachability.Up, Reachability.Unknown]
               from twin in (string[])["x", "y"]
               let name = $"{reachability}-{priority}-{twin}".ToLowerInvariant()
               select Trunks.Named(name).Presenting(Covering) with { Priority = priority },
        ];
        foreach (var trunk in trunks)
        {
            var reachability = Enum.Parse<Reachability>(trunk.Name.Split('-')[0], ignoreCase: true);
            _conditions[trunk.Name] = new TrunkCondition(reachability == Reachability.Down ? Admission.One : Admission.All, reachability);
        }

        var groups = Assert.IsType<Selected.Some>(Select(trunks)).Groups;

        Assert.Equal(
            ["up-1", "up-2", "up-3", "unknown-1", "unknown-2", "unknown-3", "down-1", "down-2", "down-3"],
            groups.Select(group => group[0].Name[..^2]));
        Assert.All(groups, group => Assert.Single(group.Select(trunk => trunk.Name[..^2]).Distinct()));
        Assert.All(groups, group => Assert.Equal(2, group.Count));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 2, 3)]
    [InlineData(1, 1000)]
    [InlineData(5, 3, 2, 10, 80)]
    public void Among_equals_each_comes_first_by_its_share_of_the_weights(params int[] weights)
    {
        const int Draws = 20_000;
        var trunks = weights.Select((weight, index) => Trunks.Named($"t{index}").Presenting(Covering) with { Weight = weight }).ToArray();
        var first = new int[weights.Length];
        for (var draw = 0; draw < Draws; draw++)
            first[int.Parse(Names(Select(trunks))[0].AsSpan(1), CultureInfo.InvariantCulture)]++;
        AssertShares(first, [.. weights.Select(weight => (double)weight / weights.Sum())]);
    }

    [Fact]
    public void When_the_first_is_full_the_others_share_its_calls_by_their_weights()
    {
        const int Draws = 20_000;
        Trunk[] trunks = [.. ((int[])[50, 30, 20]).Select((weight, index) =>
            Trunks.Named($"t{index}").Presenting(Covering) with { Weight = weight })];
        var second = new int[2];
        var counted = 0;
        for (var draw = 0; draw < Draws; draw++)
        {
            var names = Names(Select(trunks));
            if (names[0] != "t0")
                continue;
            counted++;
            second[names[1] == "t1" ? 0 : 1]++;
        }
        Assert.InRange(counted, Draws * 0.48, Draws * 0.52);
        AssertShares(second, [0.6, 0.4]);
    }

    [Fact]
    public void Whatever_the_trunks_all_that_may_are_there_once_and_nothing_else() =>
        Gen.Select(Gen.Int[1, 3], Gen.Int[1, 1000], Gen.Bool, Gen.Bool, Gen.Int[0, 2], Gen.Int[0, 2]).Array[0, 12].Sample(all =>
        {
            var conditions = new Dictionary<string, TrunkCondition>(StringComparer.Ordinal);
            var trunks = all.Select((each, index) =>
            {
                var (priority, weight, draining, reaches, admission, reachability) = each;
                conditions[$"t{index}"] = new TrunkCondition((Admission)admission, (Reachability)reachability);
                return (Trunks.Named($"t{index}").Presenting(Covering) with
                {
                    Priority = priority,
                    Weight = weight,
                    State = draining ? TrunkState.Draining : TrunkState.Active,
                }).Reaching(reaches ? "+467" : "+44");
            }).ToArray();
            var expected = trunks.Where(trunk => trunk.State == TrunkState.Active && trunk.Destinations[0].Prefix == "+467"
                && conditions[trunk.Name].Admission != Admission.None).Select(trunk => trunk.Name).Order().ToArray();

            var selected = TrunkSelection.Select(
                trunks, Commands.Callee, Commands.CallerId, "gone", name => conditions[name], new Random(1).NextDouble);

            if (expected.Length == 0)
                Assert.IsType<Selected.None>(selected);
            else
                Assert.Equal(expected, Names(selected).Order());
        });

    /// <summary>A chi-square test that fails a right draw once in a hundred thousand times, and with this seed never.</summary>
    private static void AssertShares(int[] counted, double[] shares)
    {
        var total = counted.Sum();
        var chiSquare = counted.Zip(shares, (count, share) => Math.Pow(count - total * share, 2) / (total * share)).Sum();
        // The 0.99999 quantiles for one to four degrees of freedom.
        double[] bounds = [19.5, 23.0, 25.9, 28.5];
        Assert.InRange(chiSquare, 0, bounds[counted.Length - 2]);
    }

    private static string[] Names(Selected selected) =>
        [.. Assert.IsType<Selected.Some>(selected).Groups.SelectMany(group => group).Select(trunk => trunk.Name)];

    private NoTrunk Why(IEnumerable<Trunk> trunks, string leasedOn = "a") =>
        Assert.IsType<Selected.None>(Select(trunks, leasedOn)).Why;

    private Selected Select(IEnumerable<Trunk> trunks, string leasedOn = "a") => TrunkSelection.Select(
        trunks, Commands.Callee, Commands.CallerId, leasedOn,
        name => _conditions.GetValueOrDefault(name, new TrunkCondition(Admission.All, Reachability.Up)), _random.NextDouble);
}
