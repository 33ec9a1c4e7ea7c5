using System.Collections.Immutable;
using FlashCall.Contracts;
using FlashCall.Verification.Channels.FlashCalls;
using FlashCall.Verification.Sessions;
using Xunit;

namespace FlashCall.Verification.Tests.Sessions;

/// <summary>Given what happened, when a command comes, then this happens: no server, no clock.</summary>
internal sealed class Spec
{
    public static readonly Guid Id = new("01990000-0000-7000-8000-000000000001");
    public static readonly Guid First = new("01990000-0000-7000-8000-00000000000a");
    public static readonly Guid Second = new("01990000-0000-7000-8000-00000000000b");
    public static readonly DateTimeOffset T0 = new(2026, 11, 23, 9, 0, 0, TimeSpan.Zero);

    private readonly ImmutableList<VerificationEvent> _given;

    private Spec(ImmutableList<VerificationEvent> given) => _given = given;

    public ImmutableList<VerificationEvent> Events => _given;

    public VerificationSession State => Fold(_given);

    public static Spec Given(params VerificationEvent[] events) => new([.. events]);

    public Spec And(params VerificationEvent[] events) => new(_given.AddRange(events));

    public Result When(VerificationCommand command) => new(this, Decider.Decide(command, State));

    private static VerificationSession Fold(IEnumerable<VerificationEvent> events) =>
        events.Aggregate((VerificationSession?)null, (state, happened) => Evolver.Evolve(state, Id, happened))!;

    internal sealed class Result(Spec given, Decision decision)
    {
        public VerificationSession After => Fold(given._given.AddRange(Events));

        public IReadOnlyList<object> Messages => [.. Reactor.React(given.State, After).Select(message => message.Body)];

        private ImmutableList<VerificationEvent> Events => Assert.IsType<Decision.Accepted>(decision).Events;

        public Result Then(params VerificationEvent[] expected)
        {
            Assert.Equal(expected.Select(Describe), Events.Select(Describe));
            return this;
        }

        public Result ThenNothing() => Then(Array.Empty<VerificationEvent>());

        public Result Then(params Type[] expected)
        {
            Assert.Equal(expected.Select(type => type.Name), Events.Select(happened => happened.GetType().Name));
            return this;
        }

        public void ThenRefused(Rejection why) => Assert.Equal(why, Assert.IsType<Decision.Rejected>(decision).Why);

        public Result Sends(params Type[] expected)
        {
            Assert.Equal(expected.Select(type => type.Name), Messages.Select(message => message.GetType().Name));
            return this;
        }

        public Result Deadline(DateTimeOffset? expected)
        {
            Assert.Equal(expected, Reactor.Deadline(After));
            return this;
        }

        /// <summary>Records compare lists by reference; their stored form compares by content.</summary>
        private static string Describe(VerificationEvent happened) =>
            happened.GetType().Name + System.Text.Json.JsonSerializer.Serialize<object>(happened);
    }
}

/// <summary>The events and commands of a usual session.</summary>
internal static class Usual
{
    public static readonly CallerId From = CallerId.Parse("+442079460123");

    public static readonly SessionPolicy Policy = new()
    {
        Route = ["flash_call"],
        Lifetime = TimeSpan.FromMinutes(2),
        RingTime = TimeSpan.FromSeconds(4),
        PostDialDelayCap = TimeSpan.FromSeconds(12),
        MaxReports = 3,
        GuessBound = 0.001,
    };

    public static SessionEvent.VerificationRequested Requested { get; } = new()
    {
        At = Spec.T0,
        ApplicationId = "demo",
        To = PhoneNumber.Parse("+46701740605"),
        Purpose = Purpose.Login,
        Client = ClientContext.Unknown,
        Policy = Policy,
    };

    public static SessionEvent.VerificationRequested RequestedWithTwoAttempts { get; } =
        Requested with { Policy = Policy with { Route = ["flash_call", "flash_call"] } };

    public static SessionEvent.RiskAssessed Allowed { get; } = new()
    {
        At = At(10),
        Verdict = Verdict.Allow,
        Score = 0,
        Factors = [],
        PolicyVersion = "1",
        LineType = LineType.Mobile,
    };

    public static SessionEvent.AttemptStarted Started { get; } = new() { At = At(10), AttemptId = Spec.First, Position = 0, Channel = "flash_call" };

    public static FlashCallEvent.CallerIdLeased Leased { get; } = new()
    {
        At = At(20),
        AttemptId = Spec.First,
        LeaseId = Spec.First,
        CallerId = From,
        Trunk = "demo",
        DisclosedPrefix = "+44207946",
        Candidates = 10_000,
        ReportsAllowed = 3,
        EnterDigits = 4,
    };

    public static FlashCallEvent.CallRang Rang { get; } = new() { At = At(500), AttemptId = Spec.First, InvitedAt = At(25) };

    public static FlashCallEvent.CallEnded Ended { get; } = new()
    {
        At = At(4500),
        AttemptId = Spec.First,
        Disposition = CallDisposition.Rang,
        SipStatus = 487,
        InvitedAt = At(25),
        RangAt = At(500),
        Answered = false,
    };

    public static FlashCallEvent.NewsOverdue Overdue { get; } = new() { At = At(60_000), AttemptId = Spec.First };

    public static SessionEvent.ReportReceived Right { get; } =
        new() { At = At(1000), AttemptId = Spec.First, Source = ReportSource.Typed, Matched = true };

    public static SessionEvent.ReportReceived Wrong { get; } = Right with { Matched = false };

    public static SessionEvent.ReportReceived Rewritten { get; } = Wrong with { Reason = "caller_id_rewritten" };

    public static FlashCallEvent.CallerIdWithheld Withheld { get; } =
        new() { At = At(1000), AttemptId = Spec.First, Source = ReportSource.Typed };

    public static SessionEvent.VerificationSucceeded Succeeded { get; } = new() { At = At(1000), AttemptId = Spec.First };

    public static SessionEvent.VerificationCancelled Cancelled { get; } = new() { At = At(1000) };

    public static Spec AwaitingRisk => Spec.Given(Requested);

    public static Spec Leasing => Spec.Given(Requested, Allowed, Started);

    public static Spec Calling => Leasing.And(Leased);

    public static Spec Ringing => Calling.And(Rang);

    public static Spec AwaitingReport => Ringing.And(Ended);

    public static DateTimeOffset At(int milliseconds) => Spec.T0.AddMilliseconds(milliseconds);

    public static SessionCommand.TakeRiskAssessment Risk(Verdict verdict, params RiskFactor[] factors) => new(
        new RiskAssessed
        {
            VerificationId = Spec.Id,
            Verdict = verdict,
            Score = 0,
            Factors = factors,
            PolicyVersion = "1",
            LineType = LineType.Mobile,
            AssessedAt = At(10),
        },
        Spec.First)
    { Now = At(10) };

    public static FlashCallCommand.TakeCallerId Lease(long candidates = 10_000, Guid? attempt = null) => new(new CallerIdLeased
    {
        VerificationId = Spec.Id,
        AttemptId = attempt ?? Spec.First,
        LeaseId = Spec.First,
        CallerId = From,
        Trunk = "demo",
        DisclosedPrefix = "+44207946",
        Candidates = candidates,
        EnterDigits = 4,
        LeasedAt = At(20),
        ExpiresAt = At(200_000),
    })
    { NextAttemptId = Spec.Second, Now = At(20) };

    public static FlashCallCommand.TakeRefusal Refusal => Refused(LeaseRefusal.NoNumbers);

    public static FlashCallCommand.TakeRefusal Refused(LeaseRefusal reason, long? missing = null, DateTimeOffset? retryAt = null) =>
        new(new CallerIdUnavailable
        {
            VerificationId = Spec.Id,
            AttemptId = Spec.First,
            Reason = reason,
            Detail = "The pool is empty.",
            MissingNumbers = missing,
            RetryAt = retryAt,
        })
        { NextAttemptId = Spec.Second, Now = At(20) };

    public static FlashCallCommand.TakeRinging Ring => new(new FlashCallRinging
    {
        VerificationId = Spec.Id,
        AttemptId = Spec.First,
        InvitedAt = At(25),
        RangAt = At(500),
    })
    { NextAttemptId = Spec.Second, Now = At(510) };

    public static FlashCallCommand.TakeCallEnd End(CallDisposition disposition = CallDisposition.Rang, bool rang = true, bool answered = false, bool invited = true) => new(new FlashCallEnded
    {
        VerificationId = Spec.Id,
        AttemptId = Spec.First,
        Disposition = disposition,
        SipStatus = 487,
        InvitedAt = invited ? At(25) : null,
        RangAt = rang ? At(500) : null,
        EndedAt = At(4500),
        Answered = answered,
    })
    { NextAttemptId = Spec.Second, Now = At(4510) };

    public static SessionCommand.Report Report(string callerId, int at = 1000) =>
        new(CallerIdText.Of(callerId).ToReport(isTyped: true), ReportSource.Typed, Spec.Second) { Now = At(at) };

    public static SessionCommand.Report ReportDigits(string digits) =>
        new(new ReportedCallerId.LastDigits(digits), ReportSource.Typed, Spec.Second) { Now = At(1000) };

    public static SessionCommand.Report ReportWithheld =>
        new(new ReportedCallerId.Withheld(), ReportSource.Typed, Spec.Second) { Now = At(1000) };

    public static SessionCommand.Cancel Cancel => new() { Now = At(1000) };

    public static SessionCommand.DeadlinePassed Deadline(DateTimeOffset now) => new(Spec.Second) { Now = now };
}
