using FlashCall.Hosting;
using FlashCall.NumberPool.Numbers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FlashCall.NumberPool.Tests.Numbers;

public sealed class SettingsNumbersTests(InventoryDatabase database) : IClassFixture<InventoryDatabase>, IAsyncLifetime
{
    public async ValueTask InitializeAsync() => await database.ClearAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Numbers_of_the_settings_are_added_once_whoever_starts_first()
    {
        var added = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ApplyAsync("+44207946xxxx", "+46701740xxx")));
        Assert.Equal([0, 0, 0, 11_000], added.Order());
        Assert.Equal(["GB", "SE"], (await database.RunsAsync()).Select(run => run.Country).Order(StringComparer.Ordinal));
        Assert.Equal(0, await ApplyAsync("+44207946xxxx"));
    }

    [Fact]
    public async Task A_range_that_grew_adds_what_is_missing()
    {
        await ApplyAsync("+4420794612xx");
        Assert.Equal(9_900, await ApplyAsync("+44207946xxxx"));
        Assert.Equal(10_000, (await database.RunsAsync()).Sum(run => run.Numbers.Count));
    }

    [Fact]
    public async Task What_was_changed_or_removed_stays_so()
    {
        await ApplyAsync("+44207946xxxx");
        var inventory = new Inventory(database.Data, TimeProvider.System);
        await inventory.RemoveAsync(
            [InventoryDatabase.Span("+4420794612xx"), InventoryDatabase.Span("+442079469999")], "sold", "operator", default);
        await inventory.ChangeStateAsync(InventoryDatabase.Span("+4420794600xx"), new NumberState.Retired(), "worn", "operator", default);
        var before = await database.RunsAsync();
        Assert.Equal(0, await ApplyAsync("+44207946xxxx"));
        Assert.Equal(before.Select(run => run.Numbers), (await database.RunsAsync()).Select(run => run.Numbers));
        Assert.Equal(9_899, before.Sum(run => run.Numbers.Count));
    }

    [Fact]
    public async Task Without_settings_nothing_is_added() => Assert.Equal(0, await ApplyAsync());

    private Task<long> ApplyAsync(params string[] patterns)
    {
        var settings = NumberPoolSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(patterns.SelectMany(
            (pattern, index) => (KeyValuePair<string, string?>[])
                [new($"NumberPool:Ranges:{index}:Pattern", pattern), new($"NumberPool:Ranges:{index}:Trunk", "demo")])).Build());
        var numbers = new SettingsNumbers(
            settings, new NumberIntake(database.Data, TimeProvider.System),
            new OutageLog(TimeProvider.System, NullLogger<OutageLog>.Instance), TimeProvider.System, NullLogger<SettingsNumbers>.Instance);
        return numbers.ApplyAsync(TestContext.Current.CancellationToken);
    }
}
