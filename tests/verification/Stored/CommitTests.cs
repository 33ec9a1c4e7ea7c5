using System.Diagnostics;
using FlashCall.Contracts;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Tests.Sessions;
using FlashCall.Verification.Tests.Support;
using JasperFx;
using Marten.Exceptions;
using Npgsql;
using Xunit;

namespace FlashCall.Verification.Tests.Stored;

/// <summary>Steps that wait share a transaction, and nothing else.</summary>
public sealed class CommitTests(RunningVerification running) : IAsyncLifetime
{
    private StoredSessions _stored = null!;
    private StoredSessions.Replica _replica = null!;

    public async ValueTask InitializeAsync()
    {
        _stored = await StoredSessions.CreateAsync(running);
        _replica = _stored.Start();
    }

    public async ValueTask DisposeAsync() => await _stored.DisposeAsync();

    [Fact]
    public async Task Steps_that_wait_are_stored_in_one_transaction_each_with_its_own_trace()
    {
        using var source = new ActivitySource(nameof(CommitTests));
        using var listener = new ActivityListener
        {
            ShouldListenTo = listened => listened == source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        var causes = new List<string>();
        var steps = Enumerable.Range(0, 40).Select(_ =>
        {
            using var activity = source.StartActivity("request")!;
            causes.Add(activity.Id!);
            return Begin();
        }).ToList();

        var commits = new List<Task>();
        await using (await _stored.HoldCommitsAsync())
        {
            foreach (var step in steps)
                commits.Add(_replica.Committer.CommitAsync(step, CancellationToken.None));
        }
        await Task.WhenAll(commits);

        // Two may be under way while the others gather.
        Assert.InRange((await _stored.ReadAsync("select distinct xmin::text from verifications")).Count, 1, 3);
        foreach (var (step, cause) in steps.Zip(causes))
        {
            Assert.Equal(
                [$"{cause} {ActivityContext.Parse(cause, null).TraceId}"],
                await _stored.ReadAsync("select causation_id || ' ' || correlation_id from mt_events where stream_id = $1", step.Id));
            Assert.Equal([cause], await _stored.ReadAsync("select traceparent from outbox where verification_id = $1", step.Id));
            Assert.Equal([cause], await _stored.ReadAsync("select traceparent from deadlines where verification_id = $1", step.Id));
        }
    }

    [Fact]
    public async Task What_fails_hurts_none_that_share_its_transaction()
    {
        var (earlier, taken) = (Begin(), Begin());
        await _replica.Committer.CommitAsync(earlier, CancellationToken.None);
        await _replica.Committer.CommitAsync(taken, CancellationToken.None);
        var moved = Next(taken, Usual.Allowed, Usual.Started with { AttemptId = Guid.CreateVersion7() });
        await _stored.Start().Committer.CommitAsync(moved, CancellationToken.None);

        var good = Enumerable.Range(0, 12).Select(_ => Begin()).ToList();
        var sameId = Begin(earlier.Id);
        var sameNumber = Begin(to: earlier.After.Asked.To);
        var overtaken = Next(taken, new SessionEvent.VerificationCancelled { At = Usual.At(5) });
        List<SessionStep> all = [.. good[..4], sameId, sameNumber, overtaken, .. good[4..]];
        var commits = new Dictionary<SessionStep, Task>();
        await using (await _stored.HoldCommitsAsync())
        {
            foreach (var step in all)
                commits[step] = _replica.Committer.CommitAsync(step, CancellationToken.None);
        }

        foreach (var step in good)
            await commits[step];
        await Assert.ThrowsAsync<ExistingStreamIdCollisionException>(() => commits[sameId]);
        var inUse = await Assert.ThrowsAsync<PostgresException>(() => commits[sameNumber]);
        Assert.Equal(VerificationRows.OneLivePerNumber, inUse.ConstraintName);
        await Assert.ThrowsAnyAsync<ConcurrencyException>(() => commits[overtaken]);
        foreach (var step in good)
        {
            Assert.Equal(["1"], await _stored.ReadAsync("select version::text from mt_streams where id = $1", step.Id));
            Assert.Equal(["pending"], await _stored.ReadAsync("select status from verifications where id = $1", step.Id));
            Assert.Single(await _stored.ReadAsync("select queue from outbox where verification_id = $1", step.Id));
        }
        foreach (var place in new[] { "mt_streams where id", "verifications where id", "outbox where verification_id" })
            Assert.Empty(await _stored.ReadAsync($"select 'x' from {place} = $1", sameNumber.Id));
        Assert.Equal(["3"], await _stored.ReadAsync("select version::text from mt_streams where id = $1", taken.Id));
    }

    [Fact]
    public async Task Who_gives_up_takes_only_a_step_back_that_nobody_began_to_store()
    {
        using var givesUp = new CancellationTokenSource();
        var (one, other, late, last) = (Begin(), Begin(), Begin(), Begin());
        var underWay = new List<Task>();
        Task cancelled;
        await using (await _stored.HoldCommitsAsync())
        {
            underWay.Add(_replica.Committer.CommitAsync(one, givesUp.Token));
            await _stored.HeldAsync(1);
            underWay.Add(_replica.Committer.CommitAsync(other, CancellationToken.None));
            await _stored.HeldAsync(2);
            cancelled = _replica.Committer.CommitAsync(late, givesUp.Token);
            underWay.Add(_replica.Committer.CommitAsync(last, CancellationToken.None));
            await givesUp.CancelAsync();
        }

        await Task.WhenAll(underWay);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal(
            new[] { one.Id, other.Id, last.Id }.Order().Select(id => id.ToString()).Order(StringComparer.Ordinal),
            (await _stored.ReadAsync("select id::text from mt_streams")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Of_two_steps_from_the_same_state_the_second_is_told_at_once_that_it_was_overtaken()
    {
        var begun = Begin();
        await _replica.Committer.CommitAsync(begun, CancellationToken.None);
        Task first, second;
        await using (await _stored.HoldCommitsAsync())
        {
            first = _replica.Committer.CommitAsync(Next(begun, Usual.Cancelled), CancellationToken.None);
            second = _replica.Committer.CommitAsync(Next(begun, Usual.Cancelled), CancellationToken.None);
        }

        await first;
        await Assert.ThrowsAsync<ConcurrencyException>(() => second);
        Assert.Equal(["2"], await _stored.ReadAsync("select version::text from mt_streams where id = $1", begun.Id));
    }

    [Fact]
    public async Task Without_the_server_every_step_says_so_and_the_next_ones_are_stored_again()
    {
        var gone = Begin();
        Task lost;
        await using (await _stored.HoldCommitsAsync())
        {
            lost = _replica.Committer.CommitAsync(gone, CancellationToken.None);
            await _stored.HeldAsync(1);
            await _stored.ReadAsync(
                "select pg_terminate_backend(pid)::text from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'");
        }

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => lost);
        await _replica.Committer.CommitAsync(gone, CancellationToken.None);
        Assert.Equal(["1"], await _stored.ReadAsync("select version::text from mt_streams where id = $1", gone.Id));
    }

    private static SessionStep Begin(Guid? id = null, PhoneNumber? to = null)
    {
        var asked = Usual.Requested with { To = to ?? PhoneNumber.Parse(ClientExtensions.FreshNumber()) };
        return new SessionStep(before: null, [asked], Evolver.Evolve(null, id ?? Guid.CreateVersion7(), asked));
    }

    private static SessionStep Next(SessionStep step, params VerificationEvent[] events) => new(
        step.After, [.. events], events.Aggregate(step.After, (state, happened) => Evolver.Evolve(state, state.Id, happened)));
}
