using System.Globalization;
using CsCheck;
using FlashCall.NumberPool.Numbers;
using Xunit;

namespace FlashCall.NumberPool.Tests.Numbers;

public sealed class DisclosureTests
{
    private const int Length = 10;
    private const int CallingCode = 46;

    /// <summary>Numbers bought here and there: gaps and runs from one number to some blocks, near each other and far apart.</summary>
    private static readonly Gen<(NumberSpan Numbers, bool AreOff)[]> Pools = Gen.Select(
            Gen.OneOf(Gen.Long[1, 3], Gen.Long[1, 15_000], Gen.Long[1, 3_000_000]),
            Gen.OneOf(Gen.Long[1, 3], Gen.Long[1, 300], Gen.Long[1, 30_000]),
            Gen.Bool)
        .Array[1, 40]
        .Select(parts =>
        {
            var runs = new List<(NumberSpan, bool)>();
            var next = 4_600_000_000L;
            foreach (var (gap, count, areOff) in parts)
            {
                runs.Add((new NumberSpan(next + gap, next + gap + count - 1), areOff));
                next += gap + count;
            }
            return runs.ToArray();
        });

    [Fact]
    public void Every_number_belongs_to_one_cell_a_level() => Pools.Sample(pool =>
    {
        foreach (var level in CellsOf(pool).GroupBy(cell => cell.Level))
        {
            var owned = level.ToDictionary(cell => cell.Prefix, _ => (Size: 0L, Off: 0L), StringComparer.Ordinal);
            foreach (var (numbers, areOff) in Blocks(pool))
            {
                var owner = Enumerable.Range(0, Length).Select(cut => Text(numbers.First)[..^cut]).First(owned.ContainsKey);
                Assert.Equal(owner, Enumerable.Range(0, Length).Select(cut => Text(numbers.Last)[..^cut]).First(owned.ContainsKey));
                var (size, off) = owned[owner];
                owned[owner] = (size + numbers.Count, off + (areOff ? numbers.Count : 0));
            }
            Assert.All(level, cell => Assert.Equal((cell.Size, cell.Off), owned[cell.Prefix]));
        }
    }, iter: 300);

    [Fact]
    public void A_cell_is_large_enough_or_the_calling_codes() => Pools.Sample(pool =>
    {
        var cells = CellsOf(pool).ToArray();
        Assert.Equal(Enumerable.Range(2, 5), cells.Select(cell => cell.Level).Distinct());
        Assert.All(cells, cell => Assert.True(
            cell.Size >= NumberSpan.PowerOfTen(cell.Level) || (cell.Prefix == "+46" && cell.Size > 0), cell.ToString()));
        Assert.All(cells, cell => Assert.InRange(cell.Prefix.Length, "+46".Length, 1 + Length - Disclosure.HiddenDigits));
        Assert.Equal(cells.Length, cells.Select(cell => (cell.Level, cell.Prefix)).Distinct().Count());
    }, iter: 300);

    [Fact]
    public void A_prefix_could_not_be_longer() => Pools.Sample(pool =>
    {
        foreach (var cell in CellsOf(pool).Where(cell => cell.Prefix.Length < 1 + Length - Disclosure.HiddenDigits))
        {
            // All the cell's numbers by one digit more: none would be enough alone.
            var longer = Blocks(pool)
                .GroupBy(block => Text(block.Numbers.First)[..(cell.Prefix.Length + 1)], StringComparer.Ordinal)
                .Where(group => group.Key.StartsWith(cell.Prefix, StringComparison.Ordinal))
                .Select(group => group.Where(block => Owner(pool, cell.Level, block.Numbers) == cell.Prefix).Sum(block => block.Numbers.Count));
            Assert.All(longer, count => Assert.True(count < NumberSpan.PowerOfTen(cell.Level)));
        }
    }, iter: 40);

    [Theory]
    [InlineData(2, "+44207946", 10_000)]
    [InlineData(4, "+44207946", 10_000)]
    [InlineData(5, "+44", 10_000)]
    public void A_full_block_of_four_digits_is_a_cell_up_to_its_size(int level, string prefix, long size) =>
        Assert.Equal(new Cell(level, prefix, size, Off: 0),
            Assert.Single(Cells(12, 44, new NumberSpan(442079460000, 442079469999)), cell => cell.Level == level));

    [Fact]
    public void A_full_block_of_five_digits_is_one_cell_where_so_many_are_wanted()
    {
        var cells = Cells(12, 44, new NumberSpan(442079400000, 442079499999)).ToLookup(cell => cell.Level);
        Assert.Equal(Enumerable.Range(0, 10).Select(digit => $"+4420794{digit}"), cells[4].Select(cell => cell.Prefix));
        Assert.Equal([new Cell(5, "+4420794", 100_000, Off: 0)], cells[5]);
        Assert.Equal([new Cell(6, "+44", 100_000, Off: 0)], cells[6]);
    }

    [Fact]
    public void What_is_left_of_its_neighbours_is_gathered_by_a_shorter_prefix()
    {
        // 60 numbers of one block and 50 of the next are too few each for a hundred, and enough together; a full block beside them is not
        // among them.
        var cells = Cells(12, 44, new(442079410000, 442079410059), new(442079420000, 442079420049), new(442079430000, 442079439999));
        Assert.Equal(
            [new Cell(2, "+44207943", 10_000, Off: 0), new Cell(2, "+4420794", 110, Off: 0)], cells.Where(cell => cell.Level == 2));
    }

    [Fact]
    public void A_short_number_hides_all_but_its_calling_code() =>
        Assert.All(Cells(7, 290, new NumberSpan(2908000, 2908999)), cell => Assert.Equal("+290", cell.Prefix));

    [Fact]
    public void A_billion_numbers_are_parted_by_arithmetic() =>
        Assert.Equal(1000, Cells(12, 44, new NumberSpan(442_000_000_000, 442_999_999_999)).Count(cell => cell.Level == 6));

    [Fact]
    public void A_million_single_numbers_are_parted_fast_enough()
    {
        var disclosure = new Disclosure(12, 44);
        for (var i = 0L; i < 1_000_000; i++)
            disclosure.Add(new NumberSpan(442_000_000_000 + i * 997, 442_000_000_000 + i * 997), areOff: i % 10 == 0);
        Assert.Equal(
            [(2, 1_000_000, 100_000), (3, 1_000_000, 100_000), (4, 1_000_000, 100_000), (5, 1_000_000, 100_000), (6, 1_000_000, 100_000)],
            disclosure.Cells().GroupBy(cell => cell.Level)
                .Select(level => (level.Key, (int)level.Sum(cell => cell.Size), (int)level.Sum(cell => cell.Off))));
    }

    private static string Text(long number) => string.Create(CultureInfo.InvariantCulture, $"+{number}");

    private static string Owner((NumberSpan Numbers, bool AreOff)[] pool, int level, NumberSpan block)
    {
        var prefixes = CellsOf(pool).Where(cell => cell.Level == level).Select(cell => cell.Prefix).ToHashSet(StringComparer.Ordinal);
        return Enumerable.Range(0, Length).Select(cut => Text(block.First)[..^cut]).First(prefixes.Contains);
    }

    private static List<Cell> Cells(int length, int code, params NumberSpan[] runs)
    {
        var disclosure = new Disclosure(length, code);
        foreach (var run in runs)
            disclosure.Add(run, areOff: false);
        return [.. disclosure.Cells()];
    }

    private static IEnumerable<Cell> CellsOf((NumberSpan Numbers, bool AreOff)[] pool)
    {
        var disclosure = new Disclosure(Length, CallingCode);
        foreach (var (numbers, areOff) in pool)
            disclosure.Add(numbers, areOff);
        return disclosure.Cells();
    }

    /// <summary>The pool cut where a block of ten thousand ends.</summary>
    private static IEnumerable<(NumberSpan Numbers, bool AreOff)> Blocks((NumberSpan Numbers, bool AreOff)[] pool)
    {
        foreach (var (numbers, areOff) in pool)
        {
            for (var first = numbers.First; first <= numbers.Last; first = (first / Disclosure.Block + 1) * Disclosure.Block)
                yield return (new NumberSpan(first, Math.Min(numbers.Last, (first / Disclosure.Block + 1) * Disclosure.Block - 1)), areOff);
        }
    }
}
