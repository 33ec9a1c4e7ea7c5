using CsCheck;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using Xunit;

namespace FlashCall.Fraud.Tests.Counting;

public sealed class MemoryHistoryTests
{
    private static readonly DateTimeOffset Noon = History.Noon;
    private static readonly Subject Somebody = new(SubjectKind.Number, "+46701234567");
    private static readonly TimeSpan Month = TimeSpan.FromDays(30);

    private static readonly Window[] Windows =
    [
        new(TimeSpan.FromMinutes(1)), new(TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(30)), new(TimeSpan.FromHours(1)),
        new(TimeSpan.FromDays(1)), new(TimeSpan.FromDays(14), TimeSpan.FromSeconds(1)),
    ];

    [Fact]
    public void Counts_are_sums_of_buckets_whatever_the_order_and_sweeping_changes_none() =>
        Gen.Select(Gen.Int[0, 200_000].Array[0, 60], Gen.Int[-2, 3].Array[60]).Sample((ages, amounts) =>
        {
            var additions = ages.Zip(amounts).Where(pair => pair.Second != 0)
                .SelectMany(pair => AdditionsAt(Noon.AddSeconds(-pair.First), pair.Second)).ToArray();
            var forwards = Remember(additions);
            var backwards = Remember([.. additions.Reverse()]);
            backwards.Sweep(Noon);
            var questions = Ask(Noon);
            var (one, other) = (forwards.Read(questions), backwards.Read(questions));
            foreach (var query in questions.Counters)
            {
                var (first, last) = query.Window.BucketsAt(Noon);
                var sum = additions.Where(addition => addition.GrainSeconds == query.Window.GrainSeconds
                    && addition.Bucket >= first && addition.Bucket <= last).Sum(addition => addition.Amount);
                Assert.Equal(sum, one.Of(query.Subject, query.Measure, query.Window));
                Assert.Equal(sum, other.Of(query.Subject, query.Measure, query.Window));
            }
        }, iter: 500);

    [Fact]
    public void What_no_window_reaches_is_forgotten()
    {
        var history = Remember([.. AdditionsAt(Noon, 1)]);
        Assert.Equal(4, history.Count);
        history.Sweep(Noon.AddHours(2));
        Assert.Equal(3, history.Count);
        history.Sweep(Noon.AddDays(3));
        Assert.Equal(1, history.Count);
        history.Sweep(Noon.AddDays(31));
        Assert.Equal(0, history.Count);
    }

    [Fact]
    public void A_lifted_block_keeps_its_level_for_as_long_as_it_is_remembered()
    {
        var history = new MemoryHistory(Month, TimeSpan.FromHours(1));
        var block = new TimedBlock(Somebody, "test", Noon, Noon.AddMinutes(5), Level: 2);
        history.Apply(new Changes([], [block]), Noon);
        history.Lift(Somebody, Noon.AddMinutes(1));
        Assert.False(Read(history, Noon.AddMinutes(2)).BlockOf(Somebody)!.StandsAt(Noon.AddMinutes(2)));
        Assert.Equal(2, Read(history, Noon.AddMinutes(2)).BlockOf(Somebody)!.Level);
        history.Sweep(Noon.AddMinutes(60));
        Assert.NotNull(Read(history, Noon).BlockOf(Somebody));
        history.Sweep(Noon.AddMinutes(61));
        Assert.Null(Read(history, Noon).BlockOf(Somebody));
    }

    [Fact]
    public void Of_two_blocks_of_a_subject_the_later_end_stands()
    {
        var history = new MemoryHistory(Month, Month);
        var longer = new TimedBlock(Somebody, "test", Noon, Noon.AddMinutes(10), Level: 2);
        history.Apply(new Changes([], [longer, longer with { Until = Noon.AddMinutes(5), Level = 1 }]), Noon);
        Assert.Equal(longer, Read(history, Noon).BlockOf(Somebody));
    }

    [Fact]
    public void Entries_of_lists_are_found_until_they_expire()
    {
        var history = new MemoryHistory(Month, Month);
        history.List(new ListEntry(ListKind.Safe, Somebody, Noon));
        history.List(new ListEntry(ListKind.Block, Somebody, null));
        history.Sweep(Noon);
        Assert.Equal(ListKind.Block, Assert.Single(Read(history, Noon).Entries).List);
    }

    private static Readings Read(MemoryHistory history, DateTimeOffset at) => history.Read(new Questions([], [Somebody], at));

    private static Questions Ask(DateTimeOffset at) =>
        new([.. Windows.Select(window => new CounterQuery(Somebody, Measure.Requests, window))], [], at);

    private static MemoryHistory Remember(IReadOnlyList<CounterAddition> additions)
    {
        var history = new MemoryHistory(Month, Month);
        history.Apply(new Changes(additions, []), Noon);
        return history;
    }

    private static IEnumerable<CounterAddition> AdditionsAt(DateTimeOffset at, long amount) =>
        Windows.Select(window => window.GrainSeconds).Distinct().Select(
            grain => new CounterAddition(Somebody, Measure.Requests, grain, Window.BucketOf(at, grain), amount));
}
