using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using Xunit;

namespace FlashCall.Fraud.Tests.Counting;

/// <summary>What is read and what is decided since give the figures that a history with both gives.</summary>
public sealed class KnownHistoryTests
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Subject[] Subjects =
        [.. Enumerable.Range(0, 4).Select(i => new Subject(SubjectKind.Prefix, $"+4670{i}")), new(SubjectKind.Application, "shop")];

    private static readonly Window[] Windows =
    [
        new(TimeSpan.FromMinutes(10)), new(TimeSpan.FromHours(1), TimeSpan.FromSeconds(30)), new(TimeSpan.FromDays(1)),
        new(TimeSpan.FromDays(14)),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Counts_are_those_of_all_that_was_added_before(int seed)
    {
        var random = new Random(seed);
        var all = new MemoryHistory(TimeSpan.FromDays(30), TimeSpan.FromDays(1));
        for (var i = 0; i < 200; i++)
            all.Apply(new Changes([AdditionOf(random)], []), Noon);
        var questions = Enumerable.Range(0, 10).Select(_ => QuestionsOf(random)).ToList();
        var known = new KnownHistory();
        foreach (var asked in questions)
            Fill(known, asked, all);
        for (var i = 0; i < 300; i++)
        {
            var changes = new Changes([AdditionOf(random), AdditionOf(random)], []);
            all.Apply(changes, Noon);
            known.Apply(changes);
            var asked = questions[random.Next(questions.Count)];
            var (expected, found) = (all.Read(asked), known.Of(asked, application: null));
            Assert.All(asked.Counters, query => Assert.Equal(
                expected.Of(query.Subject, query.Measure, query.Window), found.Of(query.Subject, query.Measure, query.Window)));
        }
    }

    [Fact]
    public void A_block_that_stands_is_left_alone_and_one_that_is_over_makes_room()
    {
        var known = new KnownHistory();
        var first = new TimedBlock(Subjects[0], "first", Noon, Noon.AddMinutes(5), 1);
        known.Take(first);
        known.Apply(new Changes([], [first with { Reason = "second", RaisedAt = Noon.AddMinutes(4), Until = Noon.AddMinutes(30) }]));
        Assert.Equal(first, Standing(known).BlockOf(Subjects[0]));

        var third = first with { Reason = "third", RaisedAt = first.Until, Until = Noon.AddMinutes(15), Level = 2 };
        known.Apply(new Changes([], [third]));
        Assert.Equal(third, Standing(known).BlockOf(Subjects[0]));
    }

    [Fact]
    public void Entries_of_lists_are_those_for_all_and_the_application_s_own()
    {
        var known = new KnownHistory();
        var (forAll, own, other) = (
            new ListEntry(ListKind.Block, Subjects[0], null), new ListEntry(ListKind.Safe, Subjects[0], Noon),
            new ListEntry(ListKind.Safe, Subjects[1], null));
        known.Take(forAll, application: null);
        known.Take(own, "shop");
        known.Take(other, application: null);
        Assert.Equal([forAll, own], Standing(known, "shop").Entries);
        Assert.Equal([forAll], Standing(known, "bank").Entries);
        Assert.Equal([forAll], Standing(known).Entries);
    }

    private static Readings Standing(KnownHistory known, string? application = null) =>
        known.Of(new Questions([], [Subjects[0]], Noon), application);

    private static Questions QuestionsOf(Random random) => new(
        [
            .. Enumerable.Range(0, 30)
                .Select(_ => new CounterQuery(
                    Subjects[random.Next(Subjects.Length)], (Measure)random.Next(1, 4), Windows[random.Next(Windows.Length)]))
                .Distinct(),
        ],
        [], Noon.AddSeconds(random.Next(-600, 600)));

    private static CounterAddition AdditionOf(Random random)
    {
        var grain = Windows[random.Next(Windows.Length)].GrainSeconds;
        return new CounterAddition(
            Subjects[random.Next(Subjects.Length)], (Measure)random.Next(1, 4), grain,
            Window.BucketOf(Noon.AddSeconds(random.Next(-1_200, 900)), grain), random.Next(-3, 4) switch { 0 => 5, var amount => amount });
    }

    /// <summary>As a database answers: each range's sums, all measures at once.</summary>
    private static void Fill(KnownHistory known, Questions asked, MemoryHistory stored)
    {
        foreach (var window in asked.Counters.GroupBy(query => (query.Subject, query.Window)))
        {
            var queries = Enum.GetValues<Measure>()
                .Select(measure => new CounterQuery(window.Key.Subject, measure, window.Key.Window)).ToList();
            var readings = stored.Read(new Questions(queries, [], asked.At));
            var sums = new long[Enum.GetValues<Measure>().Length + 1];
            foreach (var query in queries)
                sums[(int)query.Measure] = readings.Of(query.Subject, query.Measure, query.Window);
            known.Take(CounterRange.Of(queries[0], asked.At), sums);
        }
    }
}
