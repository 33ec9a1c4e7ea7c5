using System.Threading.Channels;
using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.NumberPool.Tests.Leases;
using FlashCall.Testing;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace FlashCall.NumberPool.Tests;

/// <summary>Two replicas of the service as they run in production, a pool of three numbers, and this test as the verification
/// service.</summary>
public sealed class OverTheBusTests(ServersFixture servers) : IAsyncLifetime
{
    private readonly List<WebApplication> _running = [];
    private readonly Answers _answers = new();
    private readonly Channel<PoolLimitReached> _alarms = Channel.CreateUnbounded<PoolLimitReached>();
    private Messenger? _messenger;

    public async ValueTask InitializeAsync()
    {
        string[] arguments =
        [
            .. servers.Arguments, Operator.IdentityArgument, "--NumberPool:RestPeriod=24:00:00", "--NumberPool:Limits:Callee:Burst=1000",
        ];
        Assert.Equal(0, await PlatformHost.RunAsync([PlatformHost.PrepareArgument, .. arguments], NumberPoolService.Build));

        await using (var data = NpgsqlDataSource.Create($"{servers.Postgres};Database={servers.DatabasePrefix}number_pool"))
            await new PoolContents([new Block(442079460001, 442079460003, "demo")]).WriteAsync(data);

        var builder = PlatformHost.CreateBuilder(servers.Arguments, "verification");
        builder.Services.AddSingleton(_answers);
        builder.Services.AddSingleton(_alarms);
        builder.AddBus(Queues.Verification, bus => bus
            .Consume<CallerIdLeased, AnswerConsumer>(message => message.VerificationId)
            .Consume<CallerIdUnavailable, AnswerConsumer>(message => message.VerificationId)
            .ConsumeHere<PoolLimitReached, AlarmConsumer>($"alarms-{Guid.NewGuid():N}", published: true));
        _running.AddRange([builder.Build(), NumberPoolService.Build(arguments), NumberPoolService.Build(arguments)]);
        foreach (var app in _running)
        {
            await app.StartAsync();
            await app.Services.GetRequiredService<IBusControl>().WaitForHealthStatus(BusHealthStatus.Healthy, TimeSpan.FromSeconds(30));
        }
        _messenger = _running[0].Services.GetRequiredService<Messenger>();
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
    public async Task A_session_leases_releases_and_runs_out_of_numbers()
    {
        var callee = PhoneNumber.Parse("+46701740699");
        var commands = Enumerable.Range(0, 4).Select(_ => Command(callee)).ToArray();
        var leased = new List<CallerIdLeased>();
        foreach (var command in commands[..3])
            leased.Add(await LeaseAsync(command));
        Assert.Equal(["+442079460001", "+442079460002", "+442079460003"],
            leased.Select(lease => lease.CallerId.E164).Order(StringComparer.Ordinal));
        Assert.Equal([3, 2, 1], leased.Select(lease => lease.Candidates));
        Assert.All(leased, lease => Assert.Equal(("demo", "+44"), (lease.Trunk, lease.DisclosedPrefix)));

        await SendAsync(commands[3], commands[3].AttemptId);
        var unavailable = Assert.IsType<CallerIdUnavailable>((await _answers.NextAsync(commands[3].AttemptId)).Message);
        Assert.Equal(LeaseRefusal.AllRestingForCallee, unavailable.Reason);

        await SendAsync(new ReleaseCallerId
        {
            VerificationId = commands[1].VerificationId,
            AttemptId = commands[1].AttemptId,
            LeaseId = leased[1].LeaseId,
            Outcome = LeaseOutcome.NotRung,
        }, Guid.CreateVersion7());
        // Releases are not answered: ask until the number is free, each time as a new attempt.
        var deadline = DateTime.UtcNow.AddSeconds(30);
        object answer;
        do
        {
            var next = Command(callee);
            await SendAsync(next, next.AttemptId);
            answer = (await _answers.NextAsync(next.AttemptId)).Message;
        }
        while (answer is CallerIdUnavailable && DateTime.UtcNow < deadline);
        Assert.Equal(leased[1].CallerId, Assert.IsType<CallerIdLeased>(answer).CallerId);
    }

    [Fact]
    public async Task A_command_delivered_again_is_answered_with_the_same_message()
    {
        var command = Command(PhoneNumber.Parse("+46701740698"));
        await SendAsync(command, command.AttemptId);
        var first = await _answers.NextAsync(command.AttemptId);
        await SendAsync(command, command.AttemptId);
        Assert.Equal(first, await _answers.NextAsync(command.AttemptId));
    }

    [Fact]
    public async Task A_limit_that_refuses_is_published()
    {
        // The default of NumberPool:Limits:Client:Burst, and one more.
        const int Burst = 20;
        var client = $"client-{Guid.NewGuid():N}";
        for (var i = 0; i <= Burst; i++)
        {
            var command = Command(PoolDatabase.NewCallee()) with { Client = client };
            await SendAsync(command, command.AttemptId);
            var answer = (await _answers.NextAsync(command.AttemptId)).Message;
            if (i < Burst)
                Assert.IsType<CallerIdLeased>(answer);
            else
                Assert.Equal(LeaseRefusal.ClientLimit, Assert.IsType<CallerIdUnavailable>(answer).Reason);
        }
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var reached = await _alarms.Reader.ReadAsync(deadline.Token);
        Assert.Equal(LimitKind.Client, reached.Kind);
        Assert.True(reached.RetryAt > reached.At);
    }

    [Fact]
    public async Task What_a_dialer_says_of_its_trunks_is_heeded()
    {
        var replica = Guid.CreateVersion7();
        await SayAsync(usable: false);
        await Eventually.TrueAsync(
            async () => await AskAsync() is CallerIdUnavailable { Reason: LeaseRefusal.NoUsableTrunk }, "no trunk can be used");
        await SayAsync(usable: true);
        await Eventually.TrueAsync(async () => await AskAsync() is CallerIdLeased, "the trunk can be used again");

        Task SayAsync(bool usable) => SendAsync(new TrunkNews
        {
            Replica = replica,
            At = DateTimeOffset.UtcNow,
            Trunks = [new TrunkCondition { Name = "demo", Usable = usable, Destinations = [] }],
        }, Guid.CreateVersion7());

        async Task<object> AskAsync()
        {
            var command = Command(PoolDatabase.NewCallee());
            await SendAsync(command, command.AttemptId);
            return (await _answers.NextAsync(command.AttemptId)).Message;
        }
    }

    private async Task<CallerIdLeased> LeaseAsync(LeaseCallerId command)
    {
        await SendAsync(command, command.AttemptId);
        return Assert.IsType<CallerIdLeased>((await _answers.NextAsync(command.AttemptId)).Message);
    }

    private Task SendAsync(object command, Guid messageId) =>
        _messenger!.SendAsync(Queues.NumberPool, command, messageId, TestContext.Current.CancellationToken);

    private static LeaseCallerId Command(PhoneNumber callee) => PoolDatabase.Command(callee, DateTimeOffset.UtcNow.AddMinutes(5));

    private sealed class AlarmConsumer(Channel<PoolLimitReached> alarms) : IConsumer<PoolLimitReached>
    {
        public Task Consume(ConsumeContext<PoolLimitReached> context) => alarms.Writer.WriteAsync(context.Message).AsTask();
    }

    private sealed record Answer(Guid MessageId, object Message);

    private sealed class Answers
    {
        private readonly System.Collections.Concurrent.ConcurrentDictionary<Guid, Channel<Answer>> _byAttempt = new();

        public Channel<Answer> Of(Guid attemptId) => _byAttempt.GetOrAdd(attemptId, _ => Channel.CreateUnbounded<Answer>());

        public async Task<Answer> NextAsync(Guid attemptId)
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            return await Of(attemptId).Reader.ReadAsync(deadline.Token);
        }
    }

    private sealed class AnswerConsumer(Answers answers) : IConsumer<CallerIdLeased>, IConsumer<CallerIdUnavailable>
    {
        public async Task Consume(ConsumeContext<CallerIdLeased> context) =>
            await answers.Of(context.Message.AttemptId).Writer.WriteAsync(new Answer(context.MessageId!.Value, context.Message));

        public async Task Consume(ConsumeContext<CallerIdUnavailable> context) =>
            await answers.Of(context.Message.AttemptId).Writer.WriteAsync(new Answer(context.MessageId!.Value, context.Message));
    }
}
