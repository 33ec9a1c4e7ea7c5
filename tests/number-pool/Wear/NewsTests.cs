using System.Threading.Channels;
using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.Testing;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FlashCall.NumberPool.Tests.Wear;

/// <summary>The service as it runs in production, with outcomes that it finds when it starts, and this test as one who listens.</summary>
public sealed class NewsTests(ServersFixture servers, WearDatabase database) : IClassFixture<WearDatabase>, IAsyncLifetime
{
    private readonly Channel<NumbersRested> _news = Channel.CreateUnbounded<NumbersRested>();
    private readonly List<WebApplication> _running = [];

    // A bus of its own: on that of the others this service would take commands meant for theirs, and answer them out of another database.
    private readonly string[] _arguments =
        [.. servers.Arguments, Operator.IdentityArgument, $"--DatabasePrefix={database.Prefix}", $"--BusPrefix={servers.BusPrefix}news-"];

    public async ValueTask InitializeAsync()
    {
        await database.BeginAsync();
        var builder = PlatformHost.CreateBuilder(_arguments, "fraud");
        builder.Services.AddSingleton(_news);
        builder.AddBus(null, bus => bus.ConsumeHere<NumbersRested, Listener>($"news-{Guid.NewGuid():N}", published: true));
        _running.Add(builder.Build());
        await StartAsync(_running[0]);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var app in _running)
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }
    }

    [Fact]
    public async Task Whoever_listens_is_told_how_many_rest_and_not_which()
    {
        // The service has the clock of the machine.
        for (var number = 0; number < WearDatabase.Size; number++)
            await database.CallAsync(number, calls: 50, share: 0.6, at: DateTimeOffset.UtcNow);
        await database.CallAsync(3, calls: 40, share: 0, at: DateTimeOffset.UtcNow);
        var service = NumberPoolService.Build(_arguments);
        _running.Add(service);
        await StartAsync(service);

        var news = await _news.Reader.ReadAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
        Assert.Equal(("demo", 1, 0), (news.Trunk, news.Rested, news.Retired));
        Assert.Equal(news.At.AddDays(1), news.RestsUntil!.Value, TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, (await database.RunOfAsync(3)).Rests);
        Assert.Equal(0, await database.ValueAsync<long>("select count(*) from outcomes"));
    }

    private static async Task StartAsync(WebApplication app)
    {
        await app.StartAsync();
        await app.Services.GetRequiredService<IBusControl>().WaitForHealthStatus(BusHealthStatus.Healthy, TimeSpan.FromSeconds(30));
    }

    private sealed class Listener(Channel<NumbersRested> news) : IConsumer<NumbersRested>
    {
        public async Task Consume(ConsumeContext<NumbersRested> context) => await news.Writer.WriteAsync(context.Message);
    }
}
