using FlashCall.Testing;
using Xunit;

namespace FlashCall.EndToEnd.Tests.Running;

/// <summary>Every service is restarted, one replica after another, while clients verify numbers.</summary>
[Collection(Platform.OneAtATime)]
public sealed class RestartTests
{
    /// <summary>The variable with a checkout of an earlier release, built.</summary>
    private const string EarlierVariable = "FLASHCALL_UPGRADE_FROM";

    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_rolling_restart_under_load_costs_no_client_an_error()
    {
        await using var platform = await ReplicatedPlatform.CreateAsync(replicas: 2);
        await platform.StartAsync();
        await VerifyMeanwhileAsync(platform, platform.RestartAllAsync);
    }

    /// <summary>Run by <c>tests/chaos/upgrade</c>.</summary>
    [Fact(Explicit = true)]
    public async Task An_upgrade_under_load_costs_no_client_an_error()
    {
        var earlier = Environment.GetEnvironmentVariable(EarlierVariable)
            ?? throw new InvalidOperationException(
                $"Set {EarlierVariable} to a checkout whose services are built, or run tests/chaos/upgrade.");
        await using var platform = await ReplicatedPlatform.CreateAsync(replicas: 2);
        foreach (var program in platform.All)
            program.TakeFrom(earlier);
        await platform.StartAsync();
        await VerifyMeanwhileAsync(platform, async () =>
        {
            foreach (var program in platform.All)
                program.TakeFrom(Program.Root);
            await platform.PrepareAsync();
            await platform.RestartAllAsync();
        });
    }

    private static async Task VerifyMeanwhileAsync(ReplicatedPlatform platform, Func<Task> change)
    {
        // A service's code is compiled as it is first used, which on a busy machine may take longer than a step of a session may.
        await using (var first = SteadyClients.Start(platform, TimeSpan.FromSeconds(2)))
            await Eventually.TrueAsync(() => first.Verified > 2, "the platform is warm", TimeSpan.FromSeconds(120));
        await using var clients = SteadyClients.Start(platform, Every);
        await Eventually.TrueAsync(() => clients.Verified > 0, "the first session is verified", Patience);
        await change();
        var before = clients.Verified;
        await Eventually.TrueAsync(() => clients.Verified > before + 2, "sessions go on", Patience);
        await clients.FinishAsync();

        Assert.True(
            clients.Errors.Count == 0, $"{clients.Errors.Count} of {clients.Began} clients met an error:\n{string.Join('\n', clients.Errors)}");
        Assert.Equal(clients.Began, clients.Verified);
    }
}
