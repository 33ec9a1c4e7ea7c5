using FlashCall.Contracts;
using FlashCall.Verification.Results;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Subjects;
using FlashCall.Verification.Tests.Sessions;
using FlashCall.Verification.Tests.Support;
using Xunit;

namespace FlashCall.Verification.Tests.Subjects;

/// <summary>More sessions than one transaction takes, of several applications, some of which are not at rest.</summary>
public sealed class SessionEraserTests(RunningVerification running) : IAsyncLifetime
{
    private readonly PhoneNumber _number = PhoneNumber.Parse(ClientExtensions.FreshNumber());
    private StoredSessions _stored = null!;
    private StoredSessions.Replica _replica = null!;
    private ErasureStore _erasures = null!;
    private SessionEraser _eraser = null!;

    public async ValueTask InitializeAsync()
    {
        _stored = await StoredSessions.CreateAsync(running);
        _replica = _stored.Start();
        _erasures = new ErasureStore(_stored.Data, new SubjectHash(new ResultSettings { SecretsKey = new byte[32] }));
        _eraser = new SessionEraser(_stored.Data, _replica.Documents, _replica.Sessions, _replica.Watch, TimeProvider.System);
    }

    public async ValueTask DisposeAsync() => await _stored.DisposeAsync();

    [Fact]
    public async Task Many_sessions_are_erased_part_by_part_and_each_is_told_of_once()
    {
        var ids = new List<Guid>();
        for (var i = 0; i < SessionEraser.Batch + 30; i++)
            ids.Add(await EndedAsync($"app-{i % 7}"));
        var claimed = await BeginAsync();

        Assert.Equal((SessionEraser.Batch, 0), await _eraser.EraseAsync(claimed, CancellationToken.None));
        Assert.Equal((30, 0), await _eraser.EraseAsync(claimed, CancellationToken.None));
        Assert.Equal((0, 0), await _eraser.EraseAsync(claimed, CancellationToken.None));

        var told = await _erasures.UnansweredAsync(claimed, 100, CancellationToken.None);
        Assert.Equal(3 * 3, told.Count);
        foreach (var service in ErasureStore.Services)
        {
            var sessions = told.Where(one => one.Service == service).SelectMany(one => one.Command.Sessions).ToList();
            Assert.Equal(ids.Order(), sessions.Select(session => session.VerificationId).Order());
            Assert.All(sessions, session => Assert.Equal(32, session.Reference!.Length));
        }
        Assert.Equal([$"{ids.Count}"], await _stored.ReadAsync(
            "select count(*)::text from mt_events where type = 'verification_requested' and data ->> 'to' = 'erased' and data -> 'erased' ->> 'region' = 'SE'"));
        Assert.Equal([_number.E164], await _stored.Data.WithoutErasureAsync(_number.E164[1..]));
    }

    [Fact]
    public async Task What_is_still_to_be_sent_or_done_is_waited_for()
    {
        var (sending, calling) = (await EndedAsync("shop"), await EndedAsync("bank"));
        await _stored.ReadAsync(
            "insert into outbox (message_id, verification_id, type, body, due_at) values (gen_random_uuid(), $1, 'x', '{}', now()) returning null::text", sending);
        await _stored.ReadAsync("insert into deadlines (verification_id, due_at) values ($1, now()) returning null::text", calling);
        var claimed = await BeginAsync();

        Assert.Equal((0, 2), await _eraser.EraseAsync(claimed, CancellationToken.None));
        await _stored.ReadAsync("delete from outbox returning null::text");
        Assert.Equal((1, 1), await _eraser.EraseAsync(claimed, CancellationToken.None));
        await _stored.ReadAsync("delete from deadlines returning null::text");
        Assert.Equal((1, 0), await _eraser.EraseAsync(claimed, CancellationToken.None));
    }

    [Fact]
    public async Task A_session_that_began_after_the_person_asked_is_left_alone()
    {
        var claimed = await BeginAsync();
        var id = await EndedAsync("shop", DateTimeOffset.UtcNow.AddMinutes(1));

        Assert.Equal((0, 0), await _eraser.EraseAsync(claimed, CancellationToken.None));
        Assert.Equal([_number.E164], await _stored.ReadAsync("select callee from verifications where id = $1", id));
    }

    [Fact]
    public async Task Of_two_replicas_at_the_same_erasure_nothing_is_lost_or_told_twice()
    {
        for (var i = 0; i < 20; i++)
            await EndedAsync("shop");
        var claimed = await BeginAsync();
        var second = _stored.Start();
        var other = new SessionEraser(_stored.Data, second.Documents, second.Sessions, second.Watch, TimeProvider.System);

        // One of them may fail over the part that both would add; the row comes due again.
        await Task.WhenAll(Tolerant(_eraser), Tolerant(other));
        await _eraser.EraseAsync(claimed, CancellationToken.None);

        var told = (await _erasures.UnansweredAsync(claimed, 100, CancellationToken.None)).Where(one => one.Service == Queues.Fraud)
            .SelectMany(one => one.Command.Sessions).Select(one => one.VerificationId).ToList();
        Assert.Equal(20, told.Distinct().Count());
        Assert.Equal([_number.E164], await _stored.Data.WithoutErasureAsync(_number.E164[1..]));

        async Task Tolerant(SessionEraser eraser)
        {
            var failure = await Record.ExceptionAsync(() => eraser.EraseAsync(claimed, CancellationToken.None));
            Assert.True(failure is null or Npgsql.PostgresException { ConstraintName: "erasure_parts_key" }, $"{failure}");
        }
    }

    private async Task<ClaimedErasure> BeginAsync()
    {
        var now = DateTimeOffset.UtcNow;
        await _erasures.BeginAsync(_number, "privacy", now, CancellationToken.None);
        return (await _erasures.ClaimAsync(now.AddSeconds(1), now.AddSeconds(30), CancellationToken.None))!;
    }

    private async Task<Guid> EndedAsync(string application, DateTimeOffset? at = null)
    {
        var id = Guid.CreateVersion7();
        VerificationEvent[] events =
        [
            Usual.Requested with { At = at ?? Usual.Requested.At, ApplicationId = application, To = _number, Reference = $"user-{id}" },
            Usual.Cancelled,
        ];
        var begun = Evolver.Evolve(null, id, events[0]);
        await _replica.Committer.CommitAsync(new SessionStep(before: null, [events[0]], begun), CancellationToken.None);
        await _replica.Committer.CommitAsync(
            new SessionStep(begun, [events[1]], Evolver.Evolve(begun, id, events[1])), CancellationToken.None);
        // Nothing sends here.
        await _stored.ReadAsync("delete from outbox where verification_id = $1 returning null::text", id);
        return id;
    }
}
