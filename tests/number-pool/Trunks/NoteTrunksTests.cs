using FlashCall.Contracts;
using FlashCall.NumberPool.Tests.Leases;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.NumberPool.Tests.Trunks;

public sealed class NoteTrunksTests(PoolDatabase database) : IClassFixture<PoolDatabase>
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_trunk_is_used_if_any_replica_can_use_it_for_the_destination()
    {
        var pool = await OpenAsync();
        await NoteAsync(pool, Guid.CreateVersion7(), Trunk("a", usable: false), Trunk("b", usable: false));
        Assert.Equal(LeaseRefusal.NoUsableTrunk, (await pool.LeaseInVainAsync(Command())).Reason);
        await NoteAsync(pool, Guid.CreateVersion7(), Trunk("a", usable: true, "+44", "+4671"), Trunk("b", usable: true, "+4670"));
        for (var i = 0; i < 20; i++)
            Assert.Equal("b", (await pool.LeaseAsync(Command())).Trunk);
        await NoteAsync(pool, Guid.CreateVersion7(), Trunk("a", usable: true));
        Assert.Equal(2, (await TrunksAsync(pool)).Count);
    }

    [Fact]
    public async Task The_later_news_of_a_replica_count_whatever_comes_last()
    {
        var pool = await OpenAsync();
        var replica = Guid.CreateVersion7();
        var early = News(replica, Trunk("a", usable: true));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(await pool.Trunks.NoteAsync(News(replica, Trunk("b", usable: true)), default));
        Assert.False(await pool.Trunks.NoteAsync(early, default));
        Assert.Equal(["b"], await TrunksAsync(pool));
    }

    [Fact]
    public async Task News_hold_for_90_seconds_and_without_any_all_trunks_are_used()
    {
        var pool = await OpenAsync();
        await NoteAsync(pool, Guid.CreateVersion7(), Trunk("a", usable: true));
        _time.Advance(TimeSpan.FromSeconds(90) - TimeSpan.FromTicks(10));
        Assert.Equal(["a"], await TrunksAsync(pool));
        _time.Advance(TimeSpan.FromTicks(10));
        Assert.Equal(2, (await TrunksAsync(pool)).Count);
        _time.Advance(TimeSpan.FromHours(2));
        await pool.SweepAsync();
        Assert.Equal(0, await database.CountAsync("select count(*) from trunk_news"));
    }

    [Fact]
    public async Task A_trunk_without_numbers_helps_nobody()
    {
        var pool = await OpenAsync();
        await NoteAsync(pool, Guid.CreateVersion7(), Trunk("c", usable: true));
        Assert.Equal(LeaseRefusal.NoUsableTrunk, (await pool.LeaseInVainAsync(Command())).Reason);
    }

    [Theory]
    [InlineData("replica")]
    [InlineData("time")]
    [InlineData("name")]
    [InlineData("prefix")]
    public async Task News_that_make_no_sense_are_refused(string part)
    {
        var pool = await OpenAsync();
        var news = News(Guid.CreateVersion7(), Trunk("a", usable: false));
        news = part switch
        {
            "replica" => news with { Replica = Guid.Empty },
            "time" => news with { At = news.At.AddMinutes(1) },
            "name" => news with { Trunks = [Trunk(" ", usable: true)] },
            _ => news with { Trunks = [Trunk("a", usable: true, "44")] },
        };
        await Assert.ThrowsAsync<ArgumentException>(() => pool.Trunks.NoteAsync(news, default));
        await pool.LeaseAsync(Command());
    }

    private async Task<HashSet<string>> TrunksAsync(PoolDatabase.Replica pool)
    {
        var trunks = new HashSet<string>(StringComparer.Ordinal);
        // Two trunks of one number each: that one of them is missed forty times is as good as never.
        for (var i = 0; i < 40; i++)
            trunks.Add((await pool.LeaseAsync(Command())).Trunk);
        return trunks;
    }

    private async Task<PoolDatabase.Replica> OpenAsync()
    {
        await database.FillAsync(new PoolContents([new Block(442079460001, 442079460001, "a"), new Block(442079460002, 442079460002, "b")]));
        return database.Open(_time, TimeSpan.FromHours(1));
    }

    private async Task NoteAsync(PoolDatabase.Replica pool, Guid replica, params TrunkCondition[] trunks) =>
        Assert.True(await pool.Trunks.NoteAsync(News(replica, trunks), default));

    private TrunkNews News(Guid replica, params TrunkCondition[] trunks) =>
        new() { Replica = replica, At = _time.GetUtcNow(), Trunks = trunks };

    private static TrunkCondition Trunk(string name, bool usable, params string[] destinations) =>
        new() { Name = name, Usable = usable, Destinations = destinations };

    private LeaseCallerId Command() => PoolDatabase.Command(PoolDatabase.NewCallee(), _time.GetUtcNow().AddMinutes(5));
}
