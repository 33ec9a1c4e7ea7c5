namespace FlashCall.Contracts.Tests;

/// <summary>One message of each kind, with every field set.</summary>
internal static class SampleMessages
{
    public const string Callee = "+46701234567";
    public const string Caller = "+442079460123";

    private static readonly Guid VerificationId = new("01990000-0000-7000-8000-000000000001");
    private static readonly Guid AttemptId = new("01990000-0000-7000-8000-000000000002");
    private static readonly Guid LeaseId = new("01990000-0000-7000-8000-000000000003");
    private static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, 250, TimeSpan.Zero);

    public static readonly IReadOnlyDictionary<string, object> All = new object[]
    {
        new AssessRisk
        {
            VerificationId = VerificationId,
            ApplicationId = "shop",
            To = PhoneNumber.Parse(Callee),
            Purpose = Purpose.LeadValidation,
            Client = new ClientContext { Ip = "203.0.113.7", DeviceId = "device-1", UserAgent = "Shop/1.0", CanIntercept = false, ManualOnly = true },
            RequestedAt = Noon,
        },
        new RiskAssessed
        {
            VerificationId = VerificationId,
            Verdict = Verdict.Challenge,
            Score = 55,
            Factors =
            [
                new RiskFactor
                {
                    Code = "number_velocity",
                    Weight = 55,
                    Detail = "Too often.",
                    Evidence = new Dictionary<string, string>(StringComparer.Ordinal) { ["count"] = "5" },
                    Shadow = true,
                },
            ],
            PolicyVersion = "1-a1b2c3d4e5f6",
            LineType = LineType.FixedLineOrMobile,
            AssessedAt = Noon,
            ShadowVerdict = Verdict.Block,
        },
        new LeaseCallerId
        {
            VerificationId = VerificationId,
            AttemptId = AttemptId,
            Callee = PhoneNumber.Parse(Callee),
            ExpiresAt = Noon,
            MinCandidates = 1_000,
            WantedCandidates = 3_000,
            Client = "kbcuo_2uTyaMN37cUR3AMA",
        },
        new CallerIdLeased
        {
            VerificationId = VerificationId,
            AttemptId = AttemptId,
            LeaseId = LeaseId,
            CallerId = CallerId.Parse(Caller),
            Trunk = "demo",
            DisclosedPrefix = "+44207946",
            Candidates = 10_000,
            EnterDigits = 4,
            LeasedAt = Noon,
            ExpiresAt = Noon.AddMinutes(5),
        },
        new CallerIdUnavailable
        {
            VerificationId = VerificationId,
            AttemptId = AttemptId,
            Reason = LeaseRefusal.AllRestingForCallee,
            Detail = "Add numbers.",
            MissingNumbers = 950,
            RetryAt = Noon.AddMinutes(10),
        },
        new ReleaseCallerId
        {
            VerificationId = VerificationId,
            AttemptId = AttemptId,
            LeaseId = LeaseId,
            Outcome = LeaseOutcome.NotRung,
            Trunk = "carrier-2",
            Answered = true,
            Blocked = true,
            Reported = true,
            WrongReports = 2,
        },
        new TrunkNews
        {
            Replica = new Guid("01990000-0000-7000-8000-000000000004"),
            At = Noon,
            Trunks = [new TrunkCondition { Name = "carrier-2", Usable = true, Destinations = ["+46", "+4477"] }],
        },
        new TracesKept { TraceIds = ["4bf92f3577b34da6a3ce929d0e0e4736", "0af7651916cd43dd8448eb211c80319c"] },
        new NumbersRested { Trunk = "demo", Rested = 3, Retired = 1, RestsUntil = Noon.AddDays(2), At = Noon },
        new PlaceFlashCall
        {
            VerificationId = VerificationId,
            AttemptId = AttemptId,
            Callee = PhoneNumber.Parse(Callee),
            CallerId = CallerId.Parse(Caller),
            Trunk = "demo",
            RingTime = TimeSpan.FromSeconds(2.5),
            PostDialDelayCap = TimeSpan.FromSeconds(12),
            NotAfter = Noon,
        },
        new HangUp { VerificationId = VerificationId, AttemptId = AttemptId },
        new FlashCallRinging { VerificationId = VerificationId, AttemptId = AttemptId, InvitedAt = Noon, RangAt = Noon.AddSeconds(3) },
        new FlashCallEnded
        {
            VerificationId = VerificationId,
            AttemptId = AttemptId,
            Disposition = CallDisposition.TrunkFailed,
            SipStatus = 503,
            InvitedAt = Noon,
            RangAt = Noon.AddSeconds(3),
            EndedAt = Noon.AddSeconds(5),
            Answered = false,
            Trunk = "carrier-2",
            Cost = 0.0042m,
            Currency = "EUR",
        },
        // Not a message: it travels in the gateway's token, between releases as messages do.
        new PurposePolicy
        {
            Route = ["flash_call"],
            Lifetime = TimeSpan.FromMinutes(2),
            RingTime = TimeSpan.FromSeconds(4),
            PostDialDelayCap = TimeSpan.FromSeconds(12),
            MaxReports = 3,
            GuessBound = 0.001,
            FloorBits = 9.9,
            ChallengeBits = 3.3,
            OnRiskUnavailable = "allow",
            OnSecondSession = "refuse",
        },
        new PoolLimitReached { Kind = LimitKind.Client, At = Noon, RetryAt = Noon.AddMinutes(1) },
        new VerificationCompleted
        {
            VerificationId = VerificationId,
            ApplicationId = "shop",
            To = PhoneNumber.Parse(Callee),
            Purpose = Purpose.Kyc,
            Outcome = VerificationOutcome.Superseded,
            Reason = "superseded",
            CompletedAt = Noon,
            WrongReports = 2,
            Called = true,
        },
        new VerificationCallEnded
        {
            VerificationId = VerificationId,
            AttemptId = AttemptId,
            Trunk = "carrier-2",
            Rang = true,
            Answered = false,
            EndedAt = Noon,
        },
        new FraudBlockRaised
        {
            BlockId = LeaseId,
            Kind = FraudBlockKind.Prefix,
            Subject = "+467012",
            Reason = "prefix_conversion",
            RaisedAt = Noon,
            Until = Noon.AddMinutes(5),
            Level = 1,
            PolicyVersion = "3-2-a1b2c3d4e5f6",
            RaisedBy = "operator",
        },
        new FraudBlockLifted
        {
            BlockId = LeaseId,
            Kind = FraudBlockKind.Network,
            Subject = "203.0.113.0/24",
            Reason = "network_conversion",
            LiftedAt = Noon.AddMinutes(5),
            LiftedBy = "operator",
        },
        new EraseSubject
        {
            ErasureId = LeaseId,
            Round = 1,
            Part = 2,
            Number = PhoneNumber.Parse(Callee),
            Sessions =
            [
                new ErasedSession
                {
                    VerificationId = VerificationId,
                    ApplicationId = "shop",
                    Attempts = [AttemptId],
                    Reference = [.. Enumerable.Range(0, 32).Select(i => (byte)i)],
                },
            ],
        },
        new SubjectErased
        {
            ErasureId = LeaseId,
            Round = 1,
            Part = 2,
            Service = "fraud",
            Erased = new Dictionary<string, long>(StringComparer.Ordinal) { ["assessments"] = 3 },
            Kept = new Dictionary<string, long>(StringComparer.Ordinal) { ["list_entries"] = 1 },
        },
    }.ToDictionary(message => message.GetType().Name, StringComparer.Ordinal);
}
