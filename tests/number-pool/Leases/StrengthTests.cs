using CsCheck;
using FlashCall.Contracts;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.NumberPool.Tests.Leases;

public sealed class StrengthTests(PoolDatabase database) : IClassFixture<PoolDatabase>
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData(1, 4)]
    [InlineData(100, 4)]
    [InlineData(10_000, 4)]
    [InlineData(10_001, 5)]
    [InlineData(100_001, 6)]
    [InlineData(5_000_000, 6)]
    public async Task As_many_as_are_wanted_share_what_is_disclosed(long wanted, int hidden)
    {
        var pool = await OpenAsync(new PoolContents([Block.Of("+442079xxxxxx")]));
        var lease = await pool.LeaseAsync(Command() with { WantedCandidates = wanted });
        Assert.Equal((lease.CallerId.E164[..^hidden], (long)Math.Pow(10, hidden)), (lease.DisclosedPrefix, lease.Candidates));
    }

    [Fact]
    public async Task Below_the_floor_the_refusal_says_how_many_numbers_are_missing()
    {
        var pool = await OpenAsync(new PoolContents([new Block(442079460000, 442079460599), new Block(46701230000, 46701230399)]));
        var refusal = await pool.LeaseInVainAsync(Command() with { MinCandidates = 1_000 });
        Assert.Equal((LeaseRefusal.BelowFloor, 400), (refusal.Reason, refusal.MissingNumbers));
        Assert.Contains("At most 600", refusal.Detail, StringComparison.Ordinal);
        Assert.Contains("Import 400 more", refusal.Detail, StringComparison.Ordinal);
        var lease = await pool.LeaseAsync(Command() with { MinCandidates = 600 });
        Assert.StartsWith("+442079460", lease.CallerId.E164, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_rests_for_the_callee_is_no_candidate()
    {
        var pool = await OpenAsync(new PoolContents([new Block(442079460000, 442079460009)]));
        var callee = PoolDatabase.NewCallee();
        for (var left = 10; left >= 7; left--)
            Assert.Equal(left, (await pool.LeaseAsync(Command(callee) with { MinCandidates = 7 })).Candidates);
        var refusal = await pool.LeaseInVainAsync(Command(callee) with { MinCandidates = 7 });
        Assert.Equal((LeaseRefusal.BelowFloor, 1), (refusal.Reason, refusal.MissingNumbers));
    }

    /// <summary>More at their cap than are looked up one by one: then all of them count as candidates that are lost.</summary>
    [Fact]
    public async Task Numbers_at_their_cap_are_no_candidates()
    {
        var pool = await OpenAsync(new PoolContents([new Block(442079460000, 442079460499)]), hourlyCap: 1);
        for (var left = 500; left > 250; left--)
            Assert.Equal(left, (await pool.LeaseAsync(Command())).Candidates);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(500, (await pool.LeaseAsync(Command())).Candidates);
    }

    /// <summary>Pools that are not counted out: the reason is found by drawing.</summary>
    [Theory]
    [InlineData("active", 1_000_001, LeaseRefusal.BelowFloor)]
    [InlineData("retired", 1, LeaseRefusal.AllBusy)]
    public async Task A_large_pool_refuses_for_its_true_reason(string state, long floor, LeaseRefusal reason)
    {
        var pool = await OpenAsync(new PoolContents([Block.Of("+442079xxxxxx") with { State = state }]));
        var refusal = await pool.LeaseInVainAsync(Command() with { MinCandidates = floor, WantedCandidates = 10_000_000 });
        Assert.Equal((reason, reason == LeaseRefusal.BelowFloor ? 1 : null), (refusal.Reason, refusal.MissingNumbers));
    }

    [Fact]
    public async Task Slots_without_any_number_are_no_numbers()
    {
        var pool = await OpenAsync(new PoolContents([new Block(442079460000, 442079460000)]) { Holes = 50_000 });
        await database.CountAsync("with gone as (delete from runs returning 1) select count(*) from gone");
        Assert.Equal(LeaseRefusal.NoNumbers, (await pool.LeaseInVainAsync(Command())).Reason);
    }

    [Theory]
    // Behind +44, ten digits are hidden, and singles that end alike are told apart by no six digits.
    [InlineData(new[] { "+442079460001", "+442085550002" }, 6)]
    [InlineData(new[] { "+442079460001", "+442085460001" }, null)]
    // What another trunk that can be used has counts too, whatever its state.
    [InlineData(new[] { "+442079460001", "+442085460001 other" }, null)]
    [InlineData(new[] { "+442079460001", "+442085460001 retired" }, null)]
    // Runs of several numbers.
    [InlineData(new[] { "+442079460001", "+44208546000x" }, null)]
    [InlineData(new[] { "+442079460001", "+44208546001x" }, 6)]
    // Another country is told apart by the prefix.
    [InlineData(new[] { "+442079460001", "+462079460001" }, 6)]
    public async Task The_last_digits_are_offered_where_no_other_number_ends_in_them(string[] numbers, int? digits)
    {
        var pool = await OpenAsync(new PoolContents([.. numbers.Select(number => number.Split(' ') switch
        {
            [var pattern, "other"] => Block.Of(pattern, "other"),
            [var pattern, var state] => Block.Of(pattern) with { State = state },
            var pattern => Block.Of(pattern[0]),
        })]));
        while (true)
        {
            var lease = await pool.LeaseAsync(Command());
            if (lease.CallerId.E164 != numbers[0])
                continue;
            Assert.Equal(digits, lease.EnterDigits);
            return;
        }
    }

    [Fact]
    public async Task Few_hidden_digits_are_all_of_them()
    {
        var pool = await OpenAsync(new PoolContents([Block.Of("+442079xxxxxx")]));
        foreach (var (wanted, digits) in new[] { (1L, 4), (100_000L, 5), (1_000_000L, 6) })
            Assert.Equal(digits, (await pool.LeaseAsync(Command() with { WantedCandidates = wanted })).EnterDigits);
    }

    /// <summary>Whether an ending is single, by the statement and by looking at each number.</summary>
    [Fact]
    public async Task An_ending_is_single_if_no_number_has_it() => await Gen.Select(
        Gen.Select(Gen.Int[0, 29], Gen.Int[0, 3], Gen.Int[0, 1]).Array[1, 12], Gen.Int[0, 11]).SampleAsync(async (placed, chosen) =>
    {
        // Thirty places of a hundred thousand numbers; what lies in one ends like what lies ten places further.
        var blocks = placed.DistinctBy(block => block.Item1).Select(block => new Block(
            440000000000 + (100_000L * block.Item1) + block.Item3, 440000000000 + (100_000L * block.Item1) + block.Item3
            + (block.Item2 == 0 ? 0 : block.Item2 == 3 ? 99_998 : block.Item2))).ToArray();
        await new PoolContents(blocks).WriteAsync(database.Data);
        var block = blocks[chosen % blocks.Length];
        var number = block.Last;
        var single = !blocks.Any(other => Enumerable.Range(0, 4).Select(place => (number % 1_000_000) + (place * 1_000_000L) + 440000000000).Any(
            same => same != number && other.First <= same && same <= other.Last));
        await using var ask = database.Data.CreateCommand("select enter_digits_of($1, '+44', '{trunk}')");
        ask.Parameters.Add(Sql.Bigint(number));
        Assert.Equal(single ? (object)(short)6 : DBNull.Value, await ask.ExecuteScalarAsync());
    }, iter: 200, threads: 1);

    private async Task<PoolDatabase.Replica> OpenAsync(PoolContents contents, int? hourlyCap = null)
    {
        await database.FillAsync(contents);
        return database.Open(_time, PoolDatabase.Settings(TimeSpan.FromDays(1)) with { HourlyCap = hourlyCap });
    }

    private LeaseCallerId Command(PhoneNumber? callee = null) =>
        PoolDatabase.Command(callee ?? PoolDatabase.NewCallee(), _time.GetUtcNow().AddMinutes(5));
}
