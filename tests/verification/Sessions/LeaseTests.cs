using CsCheck;
using FlashCall.Contracts;
using FlashCall.Verification.Channels.FlashCalls;
using FlashCall.Verification.Sessions;
using Xunit;
using static FlashCall.Verification.Tests.Sessions.Usual;

namespace FlashCall.Verification.Tests.Sessions;

/// <summary>What the session asks of the pool, what it makes of the answer, and what it tells when it gives the caller ID back.</summary>
public sealed class LeaseTests
{
    [Fact]
    public void The_lease_is_asked_for_with_the_floor_the_wish_and_the_client()
    {
        var asked = Requested with
        {
            Policy = Policy with { FloorBits = 11 },
            Client = new ClientContext { DeviceId = "device-1" },
        };

        var lease = Assert.Single(Spec.Given(asked).When(Risk(Verdict.Allow)).Messages.OfType<LeaseCallerId>());

        Assert.Equal((2048L, 3000L), (lease.MinCandidates, lease.WantedCandidates));
        Assert.Equal(ClientKey.Of("demo", asked.Client), lease.Client);
    }

    [Theory]
    [InlineData(0, 0.001, 3, 1_000, 3_000)]
    [InlineData(9.9, 0.001, 3, 1_000, 3_000)]
    [InlineData(12, 0.001, 3, 4_096, 4_096)]
    [InlineData(12, 0.001, 5, 4_096, 5_000)]
    [InlineData(6.6, 0.1, 1, 98, 98)]
    [InlineData(0, 0.1, 10, 10, 100)]
    [InlineData(23, 1e-7, 1, 10_000_000, 10_000_000)]
    public void The_floor_and_the_bound_say_how_many_numbers_there_have_to_be(
        double floorBits, double bound, int reports, long least, long wanted)
    {
        var policy = Policy with { FloorBits = floorBits, GuessBound = bound, MaxReports = reports };

        Assert.Equal((least, wanted), (policy.MinCandidates(), policy.WantedCandidates()));
    }

    [Fact]
    public void What_the_pool_gives_as_asked_is_always_enough_and_one_fewer_never() => Gen.Select(
        Gen.Double[0, 23], Gen.Double[1e-7, 0.1], Gen.Int[2, 10_000], Gen.Int[1, 10]).Sample((floorBits, bound, oneIn, reports) =>
        {
            foreach (var chance in (double[])[bound, Math.Min(0.1, 1.0 / oneIn)])
            {
                var policy = Policy with { FloorBits = floorBits, GuessBound = chance, MaxReports = reports };
                var (least, wanted) = (policy.MinCandidates(), policy.WantedCandidates());
                Assert.InRange(policy.ReportsFor(least), 1, reports);
                Assert.Equal(reports, policy.ReportsFor(wanted));
                Assert.True(least <= wanted && Math.Log2(least) >= floorBits);
                Assert.True(policy.ReportsFor(least - 1) == 0 || Math.Log2(least - 1) < floorBits);
            }
        });

    [Theory]
    [InlineData(4_095, 0)]
    [InlineData(4_096, 3)]
    public void A_caller_id_below_the_floor_is_not_rung_whatever_the_pool_says(long candidates, int reports)
    {
        var result = Spec.Given(Requested with { Policy = Policy with { FloorBits = 12 } }, Allowed, Started).When(Lease(candidates));

        Assert.Equal(reports, result.After.ReportsLeft);
        Assert.Equal(reports == 0 ? "pool_too_small" : null, (result.After as VerificationSession.Ended)?.Reason);
        Assert.Equal(reports > 0, result.Messages.OfType<PlaceFlashCall>().Any());
    }

    [Theory]
    [InlineData(LeaseRefusal.NoNumbers, "no_caller_id", VerificationOutcome.Failed)]
    [InlineData(LeaseRefusal.AllRestingForCallee, "no_caller_id", VerificationOutcome.Failed)]
    [InlineData(LeaseRefusal.NoUsableTrunk, "no_caller_id", VerificationOutcome.Failed)]
    [InlineData(LeaseRefusal.AllBusy, "no_caller_id", VerificationOutcome.Failed)]
    [InlineData(LeaseRefusal.BelowFloor, "pool_too_small", VerificationOutcome.Failed)]
    [InlineData(LeaseRefusal.CalleeLimit, "callee_limit", VerificationOutcome.Failed)]
    [InlineData(LeaseRefusal.ClientLimit, "client_limit", VerificationOutcome.Failed)]
    [InlineData(LeaseRefusal.PoolLimit, "pool_limit", VerificationOutcome.Errored)]
    public void Each_refusal_has_its_reason(LeaseRefusal refusal, string reason, VerificationOutcome outcome)
    {
        var ended = Assert.IsType<VerificationSession.Ended>(Leasing.When(Refused(refusal)).After);

        Assert.Equal((outcome, reason), (ended.Outcome, ended.Reason));
        Assert.NotNull(Reasons.Sentence(reason));
    }

    [Fact]
    public void Every_refusal_there_is_has_one() =>
        Assert.All(Enum.GetValues<LeaseRefusal>(), refusal => Assert.IsType<VerificationSession.Ended>(Leasing.When(Refused(refusal)).After));

    [Fact]
    public void The_operator_reads_how_many_numbers_are_missing_and_when_a_limit_ends() => Leasing
        .When(Refused(LeaseRefusal.BelowFloor, missing: 950, retryAt: At(600_000)))
        .Then(
            new FlashCallEvent.CallerIdRefused
            {
                At = At(20),
                AttemptId = Spec.First,
                Reason = "pool_too_small",
                Detail = "The pool is empty.",
                MissingNumbers = 950,
                RetryAt = At(600_000),
            },
            new SessionEvent.AttemptFailed { At = At(20), AttemptId = Spec.First, Reason = "pool_too_small" },
            new SessionEvent.VerificationFailed { At = At(20), Reason = "pool_too_small" });

    [Fact]
    public void A_lease_without_digits_to_type_says_so_in_the_stream()
    {
        var lease = Lease();

        Leasing.When(lease with { News = lease.News with { EnterDigits = null } }).Then(Leased with { EnterDigits = 0 });
    }

    [Theory]
    [InlineData(CallDisposition.Rejected, true)]
    [InlineData(CallDisposition.NotRinging, true)]
    [InlineData(CallDisposition.Busy, false)]
    [InlineData(CallDisposition.Unreachable, false)]
    [InlineData(CallDisposition.InvalidNumber, false)]
    [InlineData(CallDisposition.Silent, false)]
    [InlineData(CallDisposition.TrunkFailed, false)]
    [InlineData(CallDisposition.Congested, false)]
    [InlineData(CallDisposition.Cancelled, false)]
    public void What_kept_the_call_from_ringing_comes_back_with_the_caller_id(CallDisposition disposition, bool blocked)
    {
        var end = End(disposition, rang: false);

        var release = Released(Calling.When(end with { News = end.News with { Trunk = "carrier-2" } }));

        Assert.Equal((blocked, "carrier-2", false, false, 0),
            (release.Blocked, release.Trunk, release.Answered, release.Reported, release.WrongReports));
    }

    [Theory]
    [InlineData(CallDisposition.Rejected)]
    [InlineData(CallDisposition.NotRinging)]
    public void A_phone_that_rang_was_not_blocked(CallDisposition disposition)
    {
        var release = Released(Ringing.And(Ended with { Disposition = disposition }).When(Usual.Cancel));

        Assert.Equal((LeaseOutcome.Rang, false), (release.Outcome, release.Blocked));
    }

    [Fact]
    public void Answered_and_reported_wrong_and_right_comes_back_with_the_caller_id()
    {
        var answered = Ended with { Disposition = CallDisposition.Answered, Answered = true, Trunk = "demo" };

        var release = Released(Ringing.And(answered, Wrong, Rewritten).When(Report("+442079460123")));

        Assert.Equal((LeaseOutcome.Verified, "demo", true, true, 2),
            (release.Outcome, release.Trunk, release.Answered, release.Reported, release.WrongReports));
    }

    [Fact]
    public void Reports_count_for_the_attempt_they_were_made_on()
    {
        var second = Spec.Given(RequestedWithTwoAttempts, Allowed, Started, Leased, Wrong)
            .And(new FlashCallEvent.CallEnded { At = At(900), AttemptId = Spec.First, Disposition = CallDisposition.Busy, Answered = false })
            .And(new SessionEvent.AttemptFailed { At = At(900), AttemptId = Spec.First, Reason = "callee_busy" })
            .And(Started with { AttemptId = Spec.Second, Position = 1 }, Leased with { AttemptId = Spec.Second });

        Assert.Equal(3, second.State.ReportsLeft);
        Assert.Equal([1, 0], second.State.Attempts.Select(attempt => attempt.Reports.Wrong));
    }

    [Fact]
    public void A_lease_that_was_never_dialled_was_on_no_trunk()
    {
        var release = Released(Leasing.And(Cancelled).When(Lease()));

        Assert.Equal((LeaseOutcome.NotRung, null, false, false), (release.Outcome, release.Trunk, release.Blocked, release.Reported));
    }

    private static ReleaseCallerId Released(Spec.Result result) => Assert.Single(result.Messages.OfType<ReleaseCallerId>());
}
