using FlashCall.NumberPool.Numbers;
using FlashCall.NumberPool.Wear;
using Xunit;

namespace FlashCall.NumberPool.Tests.Wear;

/// <summary>What befalls a number from its first bad day on, over days, with the database and the inventory as they are.</summary>
public sealed class CourseTests(WearDatabase database) : IClassFixture<WearDatabase>, IAsyncLifetime
{
    private const int Bad = 7;

    public async ValueTask InitializeAsync()
    {
        await database.BeginAsync();
        await database.CallAllAsync(calls: 50, share: 0.6);
        Assert.Empty(await database.FoldAllAsync());
        Assert.Single(await database.RunsAsync());
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_number_goes_bad_rests_is_on_trial_and_recovers()
    {
        await database.CallAsync(Bad, calls: 40, share: 0);
        Assert.IsType<Verdict.Rest>(Assert.Single(await database.FoldAllAsync()).Verdict);

        var resting = await database.RunOfAsync(Bad);
        Assert.Equal(new NumberState.Resting(database.Time.GetUtcNow().AddDays(1)), resting.State);
        Assert.Equal((1, OutcomeFold.Name, 1L), (resting.Rests, resting.ChangedBy, resting.Numbers.Count));
        Assert.Matches(
            @"^verified 0 of \d\d calls that rang or were blocked since 2026-11-23 09:00 UTC; its peers 60 % "
                + @"\(the last one on trunk demo to \+4670\)$",
            resting.Reason);
        Assert.Equal(3, (await database.RunsAsync()).Count);

        // What was under way when it began to rest comes now, and changes nothing.
        await database.CallAsync(Bad, calls: 30, share: 0);
        Assert.Empty(await database.FoldAllAsync());
        Assert.Equal(0, await database.ValueAsync<long>("select count(*) from evidence"));

        database.Time.Advance(TimeSpan.FromDays(1));
        await database.CallAsync(Bad, calls: 10, share: 0.6);
        Assert.Empty(await database.FoldAllAsync());
        Assert.IsType<NumberState.Resting>((await database.RunOfAsync(Bad)).State);
        Assert.Equal(10, await database.ValueAsync<int>("select trials from evidence where in_favour > 0"));

        await database.CallAsync(Bad, calls: 60, share: 0.7);
        Assert.IsType<Verdict.Activate>(Assert.Single(await database.FoldAllAsync()).Verdict);
        var run = Assert.Single(await database.RunsAsync());
        Assert.Equal((true, 0, 20L), (run.IsActive, run.Rests, run.Numbers.Count));
        var history = await database.HistoryOfAsync(Bad);
        Assert.Equal(["rested", "activated"], history.Select(change => change.Change));
        Assert.StartsWith("on trial it verified ", history[1].Reason, StringComparison.Ordinal);
        Assert.All(history, change => Assert.Equal(OutcomeFold.Name, change.By));
        Assert.All(history, change => Assert.DoesNotContain("44207946", change.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_number_that_does_not_recover_rests_longer_and_longer_is_retired_and_an_operator_takes_it_back()
    {
        foreach (var (days, rests) in ((int, int)[])[(1, 1), (2, 2), (4, 3), (8, 4)])
        {
            await database.CallAllAsync(calls: 10, share: 0.6, Bad);
            await database.CallAsync(Bad, calls: 40, share: 0);
            await database.FoldAllAsync();
            var run = await database.RunOfAsync(Bad);
            Assert.Equal(new NumberState.Resting(database.Time.GetUtcNow().AddDays(days)), run.State);
            Assert.Equal(rests, run.Rests);
            database.Time.Advance(TimeSpan.FromDays(days));
        }
        await database.CallAllAsync(calls: 10, share: 0.6, Bad);
        await database.CallAsync(Bad, calls: 40, share: 0);
        Assert.IsType<Verdict.Retire>(Assert.Single(await database.FoldAllAsync()).Verdict);
        Assert.IsType<NumberState.Retired>((await database.RunOfAsync(Bad)).State);
        Assert.StartsWith("on trial it verified 0 of ", (await database.RunOfAsync(Bad)).Reason, StringComparison.Ordinal);

        await database.Inventory.ChangeStateAsync(
            WearDatabase.SpanOf(Bad), new NumberState.Active(), "the carrier has registered it", "operator", default);
        var back = Assert.Single(await database.RunsAsync());
        Assert.Equal((true, 0), (back.IsActive, back.Rests));
        Assert.Equal(
            ["rested", "rested", "rested", "rested", "retired", "activated"],
            (await database.HistoryOfAsync(Bad)).Select(change => change.Change));
        Assert.Equal(0, await database.ValueAsync<long>($"select count(*) from evidence where number = {WearDatabase.NumberOf(Bad)}"));

        // It begins anew: the first rest is a day again.
        await database.CallAllAsync(calls: 10, share: 0.6, Bad);
        await database.CallAsync(Bad, calls: 40, share: 0);
        await database.FoldAllAsync();
        Assert.Equal(new NumberState.Resting(database.Time.GetUtcNow().AddDays(1)), (await database.RunOfAsync(Bad)).State);
    }

    [Fact]
    public async Task What_an_operator_lets_rest_is_on_trial_afterwards_and_what_spoke_against_it_before_is_forgotten()
    {
        await database.CallAsync(Bad, calls: 12, share: 0);
        await database.FoldAllAsync();
        Assert.Equal(12, await database.ValueAsync<int>("select trials from evidence where against > 0"));
        await database.Inventory.ChangeStateAsync(
            WearDatabase.SpanOf(Bad), new NumberState.Resting(database.Time.GetUtcNow().AddHours(1)), "complaints", "operator", default);

        database.Time.Advance(TimeSpan.FromHours(2));
        await database.CallAsync(Bad, calls: 1, share: 1);
        await database.FoldAllAsync();
        Assert.Equal(1, await database.ValueAsync<int>($"select trials from evidence where number = {WearDatabase.NumberOf(Bad)}"));
        await database.CallAsync(Bad, calls: 60, share: 0.7);
        Assert.IsType<Verdict.Activate>(Assert.Single(await database.FoldAllAsync()).Verdict);
    }

    [Fact]
    public async Task An_operator_who_activates_a_number_takes_back_what_speaks_against_it()
    {
        await database.CallAsync(Bad, calls: 12, share: 0);
        await database.FoldAllAsync();
        var number = WearDatabase.SpanOf(Bad);
        await database.Inventory.ChangeStateAsync(number, new NumberState.Retired(), "sold?", "operator", default);
        Assert.Equal(1, await database.ValueAsync<long>("select count(*) from evidence"));
        await database.Inventory.ChangeStateAsync(number, new NumberState.Active(), "no", "operator", default);
        Assert.Equal(0, await database.ValueAsync<long>("select count(*) from evidence"));
    }

    [Fact]
    public async Task A_trial_without_calls_ends_after_some_days_and_the_rest_is_not_forgotten()
    {
        await database.CallAsync(Bad, calls: 40, share: 0);
        await database.FoldAllAsync();
        var trials = new LongTrials(database.Data, database.Inventory, WearDatabase.Settings(), database.Time);
        database.Time.Advance(TimeSpan.FromDays(8) - TimeSpan.FromSeconds(1));
        Assert.Equal(0, await trials.SweepAsync(default));
        database.Time.Advance(TimeSpan.FromSeconds(1));
        // Where numbers on trial are never leased, that they made no calls is no doubt.
        Assert.Equal(0, await new LongTrials(
            database.Data, database.Inventory, WearDatabase.Settings(probeShare: 0), database.Time).SweepAsync(default));
        Assert.Equal(1, await trials.SweepAsync(default));
        Assert.Equal(0, await trials.SweepAsync(default));
        var run = await database.RunOfAsync(Bad);
        Assert.Equal((true, 1), (run.IsActive, run.Rests));
        Assert.Contains("on trial for 7 days", (await database.HistoryOfAsync(Bad))[^1].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Disabled_it_counts_and_changes_nothing()
    {
        var disabled = WearSettings.Default with { Enabled = false };
        await database.CallAsync(Bad, calls: 40, share: 0);
        Assert.Empty(await database.FoldAllAsync(disabled));
        Assert.Equal(0, await database.ValueAsync<long>("select count(*) from evidence"));
        Assert.Equal(90, await database.ValueAsync<long>($"select rang from wear where number = {WearDatabase.NumberOf(Bad)}"));
        await database.Inventory.ChangeStateAsync(
            WearDatabase.SpanOf(Bad), new NumberState.Resting(database.Time.GetUtcNow()), "complaints", "operator", default);
        database.Time.Advance(TimeSpan.FromDays(30));
        Assert.Equal(
            0, await new LongTrials(database.Data, database.Inventory, WearDatabase.Settings(disabled), database.Time).SweepAsync(default));
        Assert.IsType<NumberState.Resting>((await database.RunOfAsync(Bad)).State);
    }
}
