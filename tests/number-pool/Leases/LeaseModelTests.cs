using CsCheck;
using FlashCall.Contracts;
using FlashCall.NumberPool.Leases;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Xunit;

namespace FlashCall.NumberPool.Tests.Leases;

/// <summary>
/// Leases, repeats, releases right and wrong, expiry, sweeps, numbers that rest, are retired or active again, trunks that come and go, and
/// transactions that are lost, in any order over two replicas of a pool of a dozen numbers, beside a model that keeps it all in lists.
/// </summary>
public sealed class LeaseModelTests(PoolDatabase database) : IClassFixture<PoolDatabase>
{
    private static readonly TimeSpan LeaseTime = TimeSpan.FromMinutes(5);

    private static readonly Gen<LeaseOutcome> Outcomes = Gen.Enum<LeaseOutcome>();

    private static readonly Gen<Step[]> Steps = Gen.Frequency(
        (8, Gen.Select(Gen.Int[0, 1], Gen.Int[0, 2], Gen.Int[1, 5], (replica, callee, floor) => (Step)new Step.Lease(replica, callee, floor))),
        (2, Gen.Select(Gen.Int[0, 1], Gen.Int[0, 30], (replica, attempt) => (Step)new Step.Repeat(replica, attempt))),
        (5, Gen.Select(Gen.Int[0, 1], Gen.Int[0, 30], Outcomes, Gen.Frequency((1, Gen.Const(true)), (5, Gen.Const(false))), Gen.Bool,
            (replica, attempt, outcome, foreign, called) => (Step)new Step.Release(replica, attempt, outcome, foreign, called))),
        (4, Gen.OneOf(Gen.Const(TimeSpan.FromMinutes(1)), Gen.Const(LeaseTime), Gen.Const(TimeSpan.FromMinutes(30)),
            Gen.Const(TimeSpan.FromHours(1))).Select(span => (Step)new Step.Wait(span))),
        (1, Gen.Int[0, 1].Select(replica => (Step)new Step.Sweep(replica))),
        (2, Gen.Select(Gen.Int[0, LeaseModel.Numbers.Count - 1], Gen.Enum<NumberState>(),
            (number, state) => (Step)new Step.Change(number, state))),
        (2, Gen.Select(Gen.Int[0, 1], Gen.Bool, Gen.Bool, (replica, a, b) => (Step)new Step.Trunks(replica, a, b))),
        (1, Gen.Int[0, 2].Select(callee => (Step)new Step.Crash(callee)))).Array[1, 60];

    [Fact]
    public async Task No_order_of_events_gives_what_may_not_be_given() =>
        await Steps.SampleAsync(RunAsync, iter: 60, threads: 1);

    private async Task RunAsync(Step[] steps)
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var model = new LeaseModel(time);
        await database.FillAsync(model.Contents());
        var settings = PoolDatabase.Settings(LeaseModel.Rest) with { HourlyCap = LeaseModel.HourlyCap };
        PoolDatabase.Replica[] replicas = [database.Open(time, settings), database.Open(time, settings)];
        PhoneNumber[] callees = [PoolDatabase.NewCallee(), PoolDatabase.NewCallee(), LeaseModel.OwnNumber];
        Guid[] dialers = [Guid.CreateVersion7(), Guid.CreateVersion7()];
        foreach (var step in steps)
        {
            switch (step)
            {
                case Step.Lease lease:
                    var command = Command(callees[lease.Callee], lease.Floor);
                    model.Check(command, await replicas[lease.Replica].Leases.LeaseAsync(command, default));
                    break;
                case Step.Repeat repeat when model.Attempts.Count > 0:
                    var repeated = model.Attempts[repeat.Attempt % model.Attempts.Count];
                    var again = await replicas[repeat.Replica].Leases.LeaseAsync(repeated.Command, default);
                    // After its own end an attempt may be forgotten; it is never answered otherwise than before.
                    if (again is not null || time.GetUtcNow() < repeated.Command.ExpiresAt)
                        Assert.Equal(repeated.Answer, again);
                    break;
                case Step.Release release when model.Attempts.Count > 0:
                    var attempt = model.Attempts[release.Attempt % model.Attempts.Count];
                    var leaseId = !release.Foreign && attempt.Answer is LeaseAnswer.Leased held ? held.LeaseId : Guid.CreateVersion7();
                    var ends = PoolDatabase.Release(attempt.Command, leaseId, release.Outcome) with { Trunk = release.Called ? "a" : null };
                    Assert.Equal(model.Release(attempt, ends), await replicas[release.Replica].ReleaseAsync(ends));
                    break;
                case Step.Wait wait:
                    time.Advance(wait.Span);
                    break;
                case Step.Sweep sweep:
                    await replicas[sweep.Replica].SweepAsync();
                    break;
                case Step.Change change:
                    model.Change(change.Number, change.State);
                    await model.Contents().WriteAsync(database.Data);
                    break;
                case Step.Trunks trunks:
                    var news = model.Hear(dialers[trunks.Replica], trunks.A, trunks.B);
                    await replicas[trunks.Replica].Trunks.NoteAsync(news, default);
                    break;
                case Step.Crash crash:
                    await LeaseAndCrashAsync(Command(callees[crash.Callee], floor: 1), settings);
                    break;
            }
        }

        LeaseCallerId Command(PhoneNumber callee, int floor) => PoolDatabase.Command(callee, time.GetUtcNow() + LeaseTime) with
        {
            MinCandidates = floor,
            WantedCandidates = 100,
        };

        async Task LeaseAndCrashAsync(LeaseCallerId command, NumberPoolSettings ofThePool)
        {
            // The server ends the session between the statement and its commit; what was leased is gone with it.
            await using var alone = database.OpenData(pooling: false);
            var connection = await alone.OpenConnectionAsync();
            await using (var begin = new NpgsqlCommand("begin", connection))
                await begin.ExecuteNonQueryAsync();
            await using var lease = new NpgsqlCommand(LeaseSql, connection);
            lease.Parameters.AddRange((NpgsqlParameter[])
            [
                Sql.Uuid(command.AttemptId), Sql.Text(command.Callee.E164), Sql.Time(time.GetUtcNow()), Sql.Time(command.ExpiresAt),
                Sql.Integer(ofThePool.HourlyCap), Sql.Bytes(Guid.NewGuid().ToByteArray()),
            ]);
            await lease.ExecuteNonQueryAsync();
            await using var end = database.Data.CreateCommand("select pg_terminate_backend($1, 10000)");
            end.Parameters.Add(Sql.Integer(connection.ProcessID));
            Assert.True((bool)(await end.ExecuteScalarAsync())!);
            await connection.CloseAsync();
            Assert.Equal(0, await database.CountRowsAsync(command.AttemptId));
        }
    }

    private const string LeaseSql = """
        select lease_caller_id($1, gen_random_uuid(), $2, '+4670', null, $3, $4, $4, 1, 100,
            '1 second', 1000, '1 second', 1000, 0, '1 second', 1000, $5, 250000, $6)
        """;

    private abstract record Step
    {
        public sealed record Lease(int Replica, int Callee, int Floor) : Step;

        public sealed record Repeat(int Replica, int Attempt) : Step;

        public sealed record Release(int Replica, int Attempt, LeaseOutcome Outcome, bool Foreign, bool Called) : Step;

        public sealed record Wait(TimeSpan Span) : Step;

        public sealed record Sweep(int Replica) : Step;

        public sealed record Change(int Number, NumberState State) : Step;

        public sealed record Trunks(int Replica, bool A, bool B) : Step;

        public sealed record Crash(int Callee) : Step;
    }
}
