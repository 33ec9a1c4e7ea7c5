using System.Globalization;
using CsCheck;
using FlashCall.NumberPool.Numbers;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.NumberPool.Tests.Numbers;

/// <summary>Numbers are added, rested, retired, activated and removed in any order, beside a model with an entry for every number.</summary>
public sealed class InventoryModelTests(InventoryDatabase database) : IClassFixture<InventoryDatabase>
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Across the border of two blocks, and numbers of another length and country.</summary>
    private static readonly long[] Bases = [442079469800, 46701740000, 2908000];

    private static readonly Gen<NumberSpan> Spans = Gen.Select(
        Gen.Int[0, Bases.Length - 1], Gen.Int[0, 399],
        Gen.OneOf(Gen.Const(0), Gen.Const(0), Gen.Int[0, 20], Gen.Int[0, 300]),
        (@base, first, more) => new NumberSpan(Bases[@base] + first, Bases[@base] + Math.Min(399, first + more)));

    private static readonly Gen<Step[]> Steps = Gen.Frequency(
        (4, Gen.Select(Spans.Array[1, 5], Gen.Int[0, 1], Gen.Int[0, 1], Gen.Enum<IntakeMode>(),
            (spans, trunk, tag, mode) => (Step)new Step.Add(spans, trunk, tag, mode))),
        (4, Gen.Select(Spans.Array[1, 4], Gen.Int[0, 4], (spans, to) => (Step)new Step.Change(spans, to))),
        (2, Spans.Array[1, 3].Select(spans => (Step)new Step.Remove(spans)))).Array[1, 25];

    [Fact]
    public async Task Runs_slots_and_cells_follow_from_the_numbers() => await Steps.SampleAsync(RunAsync, iter: 100, threads: 1);

    private async Task RunAsync(Step[] steps)
    {
        await database.ClearAsync();
        var time = new FakeTimeProvider(Start);
        var inventory = new Inventory(database.Data, time);
        var intake = new NumberIntake(database.Data, time);
        var model = new SortedDictionary<long, Number>();
        foreach (var step in steps)
        {
            time.Advance(TimeSpan.FromMinutes(1) + TimeSpan.FromTicks(3));
            switch (step)
            {
                case Step.Add add:
                    await AddAsync(intake, model, add);
                    break;
                case Step.Change change:
                    await ChangeAsync(inventory, model, change, time.GetUtcNow());
                    break;
                case Step.Remove remove:
                    var gone = remove.Spans.SelectMany(All).Where(model.ContainsKey).Distinct().ToList();
                    var removed = await inventory.RemoveAsync(remove.Spans, "sold", "operator", default);
                    Assert.Equal(new StateChange(gone.Count, gone.Count), removed);
                    gone.ForEach(number => model.Remove(number));
                    break;
            }
            await CheckAsync(model);
        }
    }

    private static async Task AddAsync(NumberIntake intake, SortedDictionary<long, Number> model, Step.Add add)
    {
        string[] tags = add.Tag == 0 ? [] : ["bought", "new"];
        var trunk = $"trunk-{add.Trunk}";
        var lines = add.Spans.Select((span, line) =>
        {
            Assert.True(NumberingPlan.TryFindCountry(span, given: null, out var country, out _));
            return new NewNumbers(line, span, trunk, country, tags);
        }).ToArray();
        var (good, bad) = (new SortedDictionary<long, Number>(), new List<long>());
        foreach (var line in lines)
        {
            if (All(line.Numbers).Any(number => model.ContainsKey(number) || good.ContainsKey(number)))
            {
                bad.Add(line.Line);
            }
            else
            {
                foreach (var number in All(line.Numbers))
                    good.Add(number, new Number(trunk, line.Country, tags, new NumberState.Active(), Reason: null));
            }
        }
        var result = await intake.TakeAsync(lines.ToAsyncEnumerable(), add.Mode, "operator", default);
        Assert.Equal((good.Count, lines.Length - bad.Count, bad.Count), (result.Numbers, result.Lines, result.UntakenLines));
        Assert.Equal(bad, result.Untaken.Select(line => line.Line));
        if (add.Mode == IntakeMode.Good || (add.Mode == IntakeMode.AllOrNothing && bad.Count == 0))
        {
            foreach (var (number, one) in good)
                model.Add(number, one);
        }
    }

    private static async Task ChangeAsync(
        Inventory inventory, SortedDictionary<long, Number> model, Step.Change change, DateTimeOffset now)
    {
        NumberState to = change.To switch
        {
            0 => new NumberState.Active(),
            1 => new NumberState.Retired(),
            2 => new NumberState.Resting(Start.AddDays(1)),
            3 => new NumberState.Resting(Start.AddDays(2)),
            _ => new NumberState.Resting(now.AddHours(1)),
        };
        var spans = NumberSpans.Union(change.Spans);
        var touched = spans.SelectMany(All).Where(model.ContainsKey).ToList();
        var result = await inventory.ChangeStateAsync([.. spans.Select(span => new NumberChange(span, to, "why"))], "operator", default);
        Assert.Equal(touched.Count, result.Touched);
        var changed = 0;
        foreach (var number in touched)
        {
            // Times are kept in microseconds.
            var state = to is NumberState.Resting rest ? new NumberState.Resting(rest.Until.AddTicks(-rest.Until.Ticks % 10)) : to;
            if (model[number].State == state)
                continue;
            changed++;
            model[number] = model[number] with { State = state, Reason = state is NumberState.Active ? null : "why" };
        }
        Assert.Equal(changed, result.Changed);
    }

    private async Task CheckAsync(SortedDictionary<long, Number> model)
    {
        var runs = await database.RunsAsync();
        var numbers = runs.SelectMany(run => All(run.Numbers).Select((number, i) => (number, run, slot: run.FirstSlot + i))).ToList();
        Assert.Equal(model.Keys, numbers.Select(one => one.number));
        Assert.All(numbers, one => Assert.True(
            model[one.number].IsAs(one.run), $"{one.run.State} {one.run.Reason} is not {model[one.number]}"));
        Assert.All(runs.Zip(runs.Skip(1)), pair => Assert.False(pair.First.GoesOnAs(pair.Second)));

        var slots = await database.ReadAsync(
            "select trunk, size, holes from slots", row => (row.GetString(0), row.GetInt64(1), row.GetInt64(2)));
        foreach (var (trunk, size, holes) in slots)
        {
            var taken = numbers.Where(one => one.run.Trunk == trunk).Select(one => one.slot).ToList();
            Assert.Equal(taken.Count, taken.Distinct().Count());
            Assert.All(taken, slot => Assert.InRange(slot, 0, size - 1));
            Assert.Equal(size - taken.Count, holes);
            Assert.True(holes * 2 <= size);
        }

        var cells = await database.ReadAsync(
            "select level, trunk, length, prefix, size, off from cells",
            row => (row.GetInt16(0), row.GetString(1), row.GetInt16(2), row.GetString(3), row.GetInt64(4), row.GetInt64(5)));
        Assert.Equal(CellsOf(model).Order(), cells.Order());

        var last = await database.ReadAsync(
            "select first, last, change from history order by id",
            row => (new NumberSpan(row.GetInt64(0), row.GetInt64(1)), row.GetString(2)));
        var latest = new Dictionary<long, string>();
        foreach (var (span, change) in last)
        {
            foreach (var number in All(span))
                latest[number] = change;
        }
        Assert.Equal(model.Keys, latest.Where(one => one.Value != "removed").Select(one => one.Key).Order());
        Assert.All(model, one => Assert.Contains(latest[one.Key], one.Value.State switch
        {
            NumberState.Resting => ["rested"],
            NumberState.Retired => ["retired"],
            _ => (string[])["added", "activated"],
        }));
    }

    /// <summary>The cells number by number, as they are defined.</summary>
    private static IEnumerable<(short, string, short, string, long, long)> CellsOf(SortedDictionary<long, Number> model)
    {
        foreach (var group in model.GroupBy(one =>
            (one.Value.Trunk, Length: NumberSpan.LengthOf(one.Key), Code: NumberingPlan.CallingCode(one.Key)!.Value)))
        {
            for (short level = 2; level <= 6; level++)
            {
                var left = group.ToList();
                for (var hidden = 4; left.Count > 0; hidden++)
                {
                    var isLast = group.Key.Length - hidden == NumberSpan.LengthOf(group.Key.Code);
                    var enough = left.GroupBy(one => one.Key / NumberSpan.PowerOfTen(hidden))
                        .Where(cell => isLast || cell.Count() >= NumberSpan.PowerOfTen(level)).ToList();
                    foreach (var cell in enough)
                    {
                        yield return (level, group.Key.Trunk, (short)group.Key.Length,
                            string.Create(CultureInfo.InvariantCulture, $"+{cell.Key}"), cell.Count(),
                            cell.Count(one => one.Value.State is not NumberState.Active));
                    }
                    left = [.. left.Except(enough.SelectMany(cell => cell))];
                }
            }
        }
    }

    private static IEnumerable<long> All(NumberSpan span) => Enumerable.Range(0, (int)span.Count).Select(i => span.First + i);

    private sealed record Number(string Trunk, string Country, string[] Tags, NumberState State, string? Reason)
    {
        public bool IsAs(Run run) =>
            Trunk == run.Trunk && Country == run.Country && Tags.SequenceEqual(run.Tags) && State == run.State && Reason == run.Reason;
    }

    private abstract record Step(NumberSpan[] Spans)
    {
        private string Numbers => string.Join(", ", Spans.Select(span => $"{span.First}-{span.Last}"));

        public sealed record Add(NumberSpan[] Spans, int Trunk, int Tag, IntakeMode Mode) : Step(Spans)
        {
            public override string ToString() => $"add {Numbers} to {Trunk} with {Tag}, {Mode}";
        }

        public sealed record Change(NumberSpan[] Spans, int To) : Step(Spans)
        {
            public override string ToString() => $"change {Numbers} to {To}";
        }

        public sealed record Remove(NumberSpan[] Spans) : Step(Spans)
        {
            public override string ToString() => $"remove {Numbers}";
        }
    }
}
