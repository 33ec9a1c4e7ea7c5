using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using FlashCall.Contracts;
using FlashCall.Fraud.Tests.Assessments;
using FlashCall.Hosting;
using FlashCall.Testing;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FlashCall.Fraud.Tests;

/// <summary>Two replicas of the service as they run in production, and this test as the verification service.</summary>
public sealed class OverTheBusTests(ServersFixture servers) : IAsyncLifetime
{
    private readonly List<WebApplication> _running = [];
    private readonly Answers _answers = new();
    private Messenger? _messenger;

    public async ValueTask InitializeAsync()
    {
        string[] arguments = [.. servers.Arguments, Operator.IdentityArgument, "--Fraud:AllowedDestinations:0=SE", "--Fraud:AllowedDestinations:1=GB"];
        Assert.Equal(0, await PlatformHost.RunAsync([PlatformHost.PrepareArgument, .. arguments], FraudService.Build));

        var builder = PlatformHost.CreateBuilder(servers.Arguments, "verification");
        builder.Services.AddSingleton(_answers);
        builder.AddBus(Queues.Verification, bus => bus.Consume<RiskAssessed, AnswerConsumer>(message => message.VerificationId));
        _running.AddRange([builder.Build(), FraudService.Build(arguments), FraudService.Build(arguments)]);
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
    public async Task Requests_are_answered_each_on_its_merits()
    {
        var allowed = await AskAsync(FraudDatabase.Command(FraudDatabase.NewNumber(), DateTimeOffset.UtcNow, "198.51.100.7"));
        Assert.Equal((Verdict.Allow, 0, LineType.Mobile), (allowed.Verdict, allowed.Score, allowed.LineType));
        Assert.Empty(allowed.Factors);

        var blocked = await AskAsync(FraudDatabase.Command(PhoneNumber.Parse("+979123456789"), DateTimeOffset.UtcNow));
        Assert.Equal((Verdict.Block, 100, LineType.PremiumRate), (blocked.Verdict, blocked.Score, blocked.LineType));
        Assert.Equal("Calls to +979 are not enabled for this application and purpose. Allowed: GB, SE.", blocked.Factors[0].Detail);
        Assert.Equal(allowed.PolicyVersion, blocked.PolicyVersion);
    }

    [Fact]
    public async Task A_command_delivered_again_is_answered_with_the_same_message()
    {
        var command = FraudDatabase.Command(FraudDatabase.NewNumber(), DateTimeOffset.UtcNow);
        var answers = new List<Answer>();
        for (var delivery = 0; delivery < 3; delivery++)
        {
            await SendAsync(command);
            answers.Add(await _answers.NextAsync(command.VerificationId));
        }
        Assert.Single(answers.Select(answer => (answer.MessageId, JsonSerializer.Serialize(answer.Message))).Distinct());
    }

    private async Task<RiskAssessed> AskAsync(AssessRisk command)
    {
        await SendAsync(command);
        return (await _answers.NextAsync(command.VerificationId)).Message;
    }

    private Task SendAsync(AssessRisk command) =>
        _messenger!.SendAsync(Queues.Fraud, command, command.VerificationId, TestContext.Current.CancellationToken);

    private sealed record Answer(Guid MessageId, RiskAssessed Message);

    private sealed class Answers
    {
        private readonly ConcurrentDictionary<Guid, Channel<Answer>> _bySession = new();

        public Channel<Answer> Of(Guid verificationId) => _bySession.GetOrAdd(verificationId, _ => Channel.CreateUnbounded<Answer>());

        public async Task<Answer> NextAsync(Guid verificationId)
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            return await Of(verificationId).Reader.ReadAsync(deadline.Token);
        }
    }

    private sealed class AnswerConsumer(Answers answers) : IConsumer<RiskAssessed>
    {
        public async Task Consume(ConsumeContext<RiskAssessed> context) =>
            await answers.Of(context.Message.VerificationId).Writer.WriteAsync(new Answer(context.MessageId!.Value, context.Message));
    }
}
