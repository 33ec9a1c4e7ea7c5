using FlashCall.NumberPool.Numbers;
using Xunit;

namespace FlashCall.NumberPool.Tests.Numbers;

public sealed class SlotTests(InventoryDatabase database) : IClassFixture<InventoryDatabase>, IAsyncLifetime
{
    private readonly Inventory _inventory = new(database.Data, TimeProvider.System);

    public async ValueTask InitializeAsync() => await database.ClearAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task When_more_than_half_are_holes_slots_are_made_anew_around_what_differs()
    {
        await new NumberIntake(database.Data, TimeProvider.System).TakeAsync(
            InventoryDatabase.Lines("a", "+442079460xxx").ToAsyncEnumerable(), IntakeMode.Good, "operator", default);
        await _inventory.ChangeStateAsync(InventoryDatabase.Span("+442079460150"), new NumberState.Retired(), "worn", "operator", default);

        await RemoveAsync("+442079460500-+442079460999");
        Assert.Equal((1000, 500), await SlotsAsync());
        await RemoveAsync("+442079460000");
        Assert.Equal((499, 0), await SlotsAsync());
        Assert.Equal(
            [(442079460001, 0), (442079460150, 149), (442079460151, 150)],
            (await database.RunsAsync()).Select(run => (run.Numbers.First, run.FirstSlot)));

        await RemoveAsync("+442079460xxx");
        Assert.Empty(await database.ReadAsync("select trunk from slots", row => row.GetString(0)));
        Assert.Empty(await database.ReadAsync("select prefix from cells", row => row.GetString(0)));
    }

    private Task RemoveAsync(string span) => _inventory.RemoveAsync([InventoryDatabase.Span(span)], "sold", "operator", default);

    private async Task<(long Size, long Holes)> SlotsAsync() => Assert.Single(
        await database.ReadAsync("select size, holes from slots", row => (row.GetInt64(0), row.GetInt64(1))));
}
