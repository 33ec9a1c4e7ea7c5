using System.Collections.Concurrent;
using System.Globalization;
using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.Testing;
using FlashCall.Verification.Results;
using FlashCall.Verification.Subjects;
using FlashCall.Verification.Tests.Retention;
using FlashCall.Verification.Tests.Support;
using MassTransit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.Verification.Tests.Subjects;

/// <summary>Whoever conducts an erasure dies in the middle of it, again and again, and answers are lost: another goes on, and it comes to its
/// end.</summary>
public sealed class InterruptedErasureTests(RunningVerification running) : IAsyncLifetime
{
    private readonly PhoneNumber _number = PhoneNumber.Parse(ClientExtensions.FreshNumber());
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly ConcurrentQueue<(string Service, EraseSubject Command)> _told = new();
    private OldSessions _old = null!;
    private ErasureStore _erasures = null!;
    private SessionEraser _eraser = null!;
    private IBusControl _bus = null!;

    public async ValueTask InitializeAsync()
    {
        _old = await OldSessions.CreateAsync(running);
        _erasures = new ErasureStore(_old.Stored.Data, new SubjectHash(new ResultSettings { SecretsKey = new byte[32] }));
        _eraser = new SessionEraser(_old.Stored.Data, _old.Replica.Documents, _old.Replica.Sessions, _old.Replica.Watch, _time);
        _bus = MassTransit.Bus.Factory.CreateUsingInMemory(bus =>
        {
            foreach (var service in ErasureStore.Services)
            {
                bus.ReceiveEndpoint(service, endpoint => endpoint.Handler<EraseSubject>(told =>
                {
                    _told.Enqueue((service, told.Message));
                    return Task.CompletedTask;
                }));
            }
        });
        await _bus.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _bus.StopAsync();
        await _old.DisposeAsync();
    }

    [Fact]
    public async Task An_erasure_is_completed_whoever_dies_over_it_and_whichever_answers_are_lost()
    {
        await _old.EndedAsync(_time.GetUtcNow().AddHours(-2), _number);
        await _old.EndedAsync(_time.GetUtcNow().AddHours(-1), _number);
        var id = await _erasures.BeginAsync(_number, "privacy", _time.GetUtcNow(), CancellationToken.None);

        // The first dies when this service's own part is erased, before anybody else was told.
        var dead = (await _erasures.ClaimAsync(_time.GetUtcNow(), _time.GetUtcNow().AddSeconds(30), CancellationToken.None))!;
        Assert.Equal((2, 0), await _eraser.EraseAsync(dead, CancellationToken.None));
        Assert.Null(await _erasures.ClaimAsync(_time.GetUtcNow(), _time.GetUtcNow(), CancellationToken.None));

        // The second dies when all have been told; two of the answers are lost.
        await WhileConductingAsync(told: 2 * ErasureStore.Services.Length);
        await AnswerAsync(Queues.Gateway);
        Assert.Equal([Queues.Fraud, Queues.NumberPool], (await _erasures.FindAsync(id, CancellationToken.None))!.WaitsFor);

        // The third tells those two alone, and dies when they have answered.
        await WhileConductingAsync(told: 2 * 2);
        await AnswerAsync(Queues.Fraud, Queues.NumberPool);
        var between = (await _erasures.FindAsync(id, CancellationToken.None))!;
        Assert.Equal((ErasureStatus.UnderWay, 0), (between.Status, between.WaitsFor!.Count));

        // The fourth begins the second round and dies over it, with an answer to it lost and one of the first round come twice.
        await WhileConductingAsync(told: 2 * ErasureStore.Services.Length);
        Assert.All(_told, one => Assert.Equal(2, one.Command.Round));
        var late = _told.First();
        await _erasures.TakeAnswerAsync(Answers.Erased(late.Command with { Round = 1 }, late.Service), _time.GetUtcNow(), CancellationToken.None);
        await AnswerAsync(Queues.Gateway, Queues.NumberPool);

        await WhileConductingAsync(told: 2);
        await AnswerAsync(Queues.Fraud);
        using (var last = Conductor())
        {
            await last.StartAsync(CancellationToken.None);
            await UntilAsync(async () => (await _erasures.FindAsync(id, CancellationToken.None))!.IsComplete, "the erasure is complete");
            await last.StopAsync(CancellationToken.None);
        }

        var erased = (await _erasures.FindAsync(id, CancellationToken.None))!;
        Assert.Equal((4, 2), (erased.Erased["verification"]["mt_events"], erased.Erased["verification"]["verifications"]));
        Assert.All(ErasureStore.Services, service => Assert.Equal(2, erased.Erased[service]["rows"]));
        Assert.Empty(await _old.Stored.Data.PlacesOfAsync(_number.E164[1..]));
        Assert.Equal(0, await _old.CountAsync("erasure_parts"));
    }

    /// <summary>A conductor lives until so many commands were told, and is gone.</summary>
    private async Task WhileConductingAsync(int told)
    {
        _told.Clear();
        using var conductor = Conductor();
        await conductor.StartAsync(CancellationToken.None);
        await UntilAsync(
            () => Task.FromResult(Told() >= told), string.Create(CultureInfo.InvariantCulture, $"{told} commands"));
        await conductor.StopAsync(CancellationToken.None);
        Assert.Equal(told, Told());

        // Part 0 is of the number alone, and one part more of its sessions; a command that is told again is the same.
        int Told() => _told.Select(one => (one.Service, one.Command.Part)).Distinct().Count();
    }

    private ErasureConductor Conductor() =>
        new(_erasures, _eraser, new Messenger(_bus, new BusNames("")), new OutageLog(_time, NullLogger<OutageLog>.Instance), _time,
            NullLogger<ErasureConductor>.Instance);

    private Task UntilAsync(Func<Task<bool>> condition, string expected) => Eventually.TrueAsync(
        () =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(250));
            return condition();
        }, expected);

    private async Task AnswerAsync(params string[] services)
    {
        foreach (var (service, command) in _told.Where(one => services.Contains(one.Service)).DistinctBy(one => (one.Service, one.Command.Part)))
            await _erasures.TakeAnswerAsync(Answers.Erased(command, service), _time.GetUtcNow(), CancellationToken.None);
    }
}
