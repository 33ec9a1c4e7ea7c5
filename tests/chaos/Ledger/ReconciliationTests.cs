using Xunit;

namespace FlashCall.Chaos.Ledger;

/// <summary>A ledger without fault has no breach, and each kind of breach that is planted in it is found.</summary>
public sealed class ReconciliationTests
{
    private const string Callee = "+46722000001";
    private const string CallerId = "+442079460123";

    private static readonly DateTimeOffset Begun = new(2026, 11, 23, 9, 0, 0, TimeSpan.Zero);
    private static readonly Guid Session = Guid.Parse("01990000-0000-7000-8000-000000000001");
    private static readonly Guid Attempt = Guid.Parse("01990000-0000-7000-8000-000000000002");
    private static readonly Guid Lease = Guid.Parse("01990000-0000-7000-8000-000000000003");
    private static readonly Guid Another = Guid.Parse("01990000-0000-7000-8000-000000000004");

    /// <summary>One session that was verified with the second report.</summary>
    private static readonly Entries Clean = new()
    {
        Clients =
        [
            new ToldClient
            {
                Reference = "run-1",
                VerificationId = Session,
                IsWilling = true,
                Reports = [new ToldReport(false, "no_match"), new ToldReport(true, "match")],
                LastStatus = "verified",
            },
        ],
        Streams =
        [
            new SessionStream
            {
                Id = Session,
                Reference = "run-1",
                Callee = Callee,
                ExpiresAt = Begun + TimeSpan.FromSeconds(30),
                RowStatus = "verified",
                Events =
                [
                    Happened("verification_requested", 0),
                    Happened("caller_id_leased", 1) with { AttemptId = Attempt, LeaseId = Lease, CallerId = CallerId },
                    Happened("call_rang", 2) with { AttemptId = Attempt },
                    Happened("report_received", 3) with { AttemptId = Attempt, Matched = false },
                    Happened("report_received", 4) with { AttemptId = Attempt, Matched = true },
                    Happened("verification_succeeded", 4),
                    Happened("call_ended", 5) with { AttemptId = Attempt },
                ],
            },
        ],
        Leases =
        [
            new PoolLease
            {
                AttemptId = Attempt, LeaseId = Lease, Callee = Callee, CallerId = CallerId, AnsweredAt = Begun, Outcome = "Verified",
            },
        ],
        Attempts =
        [
            new DialledAttempt
            {
                AttemptId = Attempt, VerificationId = Session, RangAt = Begun, EndedAt = Begun, Disposition = "Rang", Reported = true,
                Taken = true,
            },
        ],
        Calls = [new PhoneCall(Callee, CallerId, "call-1", Begun, Begun, Begun)],
        Webhooks = [new ToldWebhook(Session, "verified"), new ToldWebhook(Session, "verified")],
    };

    private static readonly IReadOnlyList<(string Name, BreachKind Kind, Func<Entries, Entries> Plant)> Planted =
    [
        ("an acknowledged session has no stream", BreachKind.SessionLost, clean => clean with { Streams = [] }),
        ("a start began two sessions", BreachKind.StartedTwice,
            clean => clean with { Streams = [.. clean.Streams, clean.Streams[0] with { Id = Another }] }),
        ("a session has no end", BreachKind.NotEnded,
            clean => OfStream(clean, events => events.Where(one => one.Type != "verification_succeeded"))),
        ("a session has two ends", BreachKind.EndedTwice,
            clean => OfStream(clean, events => events.Append(Happened("verification_expired", 30)))),
        ("a session ended 11 s late", BreachKind.EndedLate, clean => EndedAfter(clean, 41)),
        ("a session ended 14 s late, 3 s of them without a database", BreachKind.EndedLate, clean => EndedAfter(clean, 44) with
        {
            Outages =
            [
                new Outage(Begun + TimeSpan.FromSeconds(31), Begun + TimeSpan.FromSeconds(34)),
                new Outage(Begun, Begun + TimeSpan.FromSeconds(20)),
            ],
        }),
        ("a client was told another end", BreachKind.ToldOtherwise,
            clean => OfClient(clean, client => client with { LastStatus = "expired" })),
        ("the list has another end", BreachKind.ToldOtherwise,
            clean => clean with { Streams = [clean.Streams[0] with { RowStatus = "expired" }] }),
        ("the webhook was told another end", BreachKind.ToldOtherwise,
            clean => clean with { Webhooks = [.. clean.Webhooks, new ToldWebhook(Session, "failed")] }),
        ("a right report was acknowledged and is not there", BreachKind.ReportNotHonoured,
            clean => OfStream(clean, events => events.Where(one => one.Matched != true))),
        ("a wrong report was acknowledged and is not there", BreachKind.ReportNotHonoured,
            clean => OfStream(clean, events => events.Where(one => one.Matched != false))),
        ("a right report was refused", BreachKind.ReportNotHonoured,
            clean => OfClient(clean, client => client with { Reports = [new ToldReport(true, "no_match")] })),
        ("a right report found no session", BreachKind.ReportNotHonoured,
            clean => OfClient(clean, client => client with { Reports = [new ToldReport(true, "verification_not_found")] })),
        ("an acknowledged cancellation is not there", BreachKind.ReportNotHonoured,
            clean => OfClient(clean, client => client with { Cancelled = true })),
        ("a wrong report verified", BreachKind.VerifiedWithoutProof,
            clean => OfClient(clean, client => client with { Reports = [new ToldReport(false, "match")] })),
        ("a session was verified without a report", BreachKind.VerifiedWithoutProof,
            clean => OfStream(clean, events => events.Where(one => one.Matched != true))),
        ("a phone was called twice", BreachKind.RungTwice,
            clean => clean with { Calls = [.. clean.Calls, clean.Calls[0] with { SipCallId = "call-2" }] }),
        ("a phone was called from another number", BreachKind.RungUnrecorded,
            clean => clean with { Calls = [.. clean.Calls, clean.Calls[0] with { CallerId = "+442079460999" }] }),
        ("a phone was called for an attempt that no replica took", BreachKind.RungUnrecorded,
            clean => clean with { Attempts = [clean.Attempts[0] with { Taken = false }] }),
        ("a callee got a caller ID twice", BreachKind.LeasedTwice, clean => OfStream(clean, events => events.Append(
            Happened("caller_id_leased", 6) with { AttemptId = Another, LeaseId = Another, CallerId = CallerId }))),
        ("the pool leased a caller ID twice", BreachKind.LeasedTwice,
            clean => clean with { Leases = [.. clean.Leases, clean.Leases[0] with { AttemptId = Another, LeaseId = Another }] }),
        ("the pool has another lease", BreachKind.LeaseDiffers,
            clean => clean with { Leases = [clean.Leases[0] with { LeaseId = Another }] }),
        ("the session does not know of a lease", BreachKind.LeaseDiffers, clean => clean with
        {
            Leases = [.. clean.Leases, clean.Leases[0] with { AttemptId = Another, LeaseId = Another, CallerId = "+442079460124" }],
        }),
        ("a lease runs on", BreachKind.LeaseLeftOver, clean => clean with { Leases = [clean.Leases[0] with { Outcome = null }] }),
        ("a call has no end at the dialer", BreachKind.CallLeftOver,
            clean => clean with { Attempts = [clean.Attempts[0] with { EndedAt = null, Disposition = null }] }),
        ("a call was not reported", BreachKind.CallLeftOver,
            clean => clean with { Attempts = [clean.Attempts[0] with { Reported = false }] }),
        ("a phone rings on", BreachKind.CallLeftOver, clean => clean with { Calls = [clean.Calls[0] with { EndedAt = null }] }),
        ("a session does not know how its call ended", BreachKind.CallEndLost,
            clean => OfStream(clean, events => events.Where(one => one.Type != "call_ended"))),
        ("an end was not told", BreachKind.WebhookLost, clean => clean with { Webhooks = [] }),
        ("a message was given up on", BreachKind.DeadLetter,
            clean => clean with { DeadLetters = [new DeadLetter("dialer_error", "PlaceFlashCall", "a reason")] }),
        ("one of three was verified", BreachKind.TooFewVerified, clean => clean with
        {
            Clients = [.. clean.Clients, Willing("run-2"), Willing("run-3")],
            Streams =
            [
                .. clean.Streams,
                clean.Streams[0] with
                {
                    Id = Another,
                    Reference = "run-2",
                    Events = [Happened("verification_requested", 0), Happened("verification_errored", 5) with { Reason = "call_lost" }],
                },
            ],
        }),
        ("the outbox is not empty", BreachKind.Unfinished, clean => clean with { Unfinished = ["1 message has not left"] }),
        ("a service wrote whom it called", BreachKind.NumberShown,
            clean => clean with { Shown = [.. ShownNumbers.In("dialer-1", ["It starts", $"Calling {Callee} from {CallerId}"])] }),
    ];

    public static TheoryData<string> Names => [.. Planted.Select(planted => planted.Name)];

    [Fact]
    public void A_ledger_without_fault_has_no_breach() => Assert.Empty(Reconciliation.Find(Clean));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_planted_breach_is_found(string name)
    {
        var (_, kind, plant) = Planted.Single(planted => planted.Name == name);

        Assert.Contains(kind, Reconciliation.Find(plant(Clean)).Select(breach => breach.Kind));
    }

    [Fact]
    public void Every_kind_of_breach_is_planted() =>
        Assert.Equal(Enum.GetValues<BreachKind>().Order(), Planted.Select(planted => planted.Kind).Distinct().Order());

    [Fact]
    public void Where_too_few_are_verified_it_says_why()
    {
        var (_, kind, plant) = Planted.Single(planted => planted.Kind == BreachKind.TooFewVerified);

        var breach = Assert.Single(Reconciliation.Find(plant(Clean)), breach => breach.Kind == kind);

        Assert.Contains("1 of 3", breach.What, StringComparison.Ordinal);
        Assert.Contains("1 error (call_lost)", breach.What, StringComparison.Ordinal);
        Assert.Contains("1 never begun", breach.What, StringComparison.Ordinal);
        Assert.DoesNotContain(kind, Reconciliation.Find(plant(Clean) with { LeastShare = 0.3 }).Select(found => found.Kind));
    }

    [Fact]
    public void A_session_without_a_client_that_knows_of_it_is_held_to_the_same() =>
        Assert.Contains(BreachKind.NotEnded,
            Reconciliation.Find(OfStream(Clean, events => events.Take(2)) with { Clients = [] }).Select(breach => breach.Kind));

    [Fact]
    public void Time_without_a_database_does_not_count_and_counts_once() => Assert.Empty(Reconciliation.Find(EndedAfter(Clean, 44) with
    {
        Outages =
        [
            new Outage(Begun + TimeSpan.FromSeconds(29), Begun + TimeSpan.FromSeconds(33)),
            new Outage(Begun + TimeSpan.FromSeconds(32), Begun + TimeSpan.FromSeconds(34)),
        ],
    }));

    [Fact]
    public void A_caller_ID_that_never_rang_may_be_given_to_the_callee_again() => Assert.Empty(Reconciliation.Find(
        OfStream(Clean, events => events
            .Append(Happened("caller_id_leased", 6) with { AttemptId = Another, LeaseId = Another, CallerId = CallerId })
            .Append(Happened("call_ended", 7) with { AttemptId = Another })) with
        {
            Leases =
            [
                Clean.Leases[0] with { Outcome = "NotRung" },
                Clean.Leases[0] with { AttemptId = Another, LeaseId = Another, Outcome = "NotRung" },
            ],
            Attempts = [.. Clean.Attempts, Clean.Attempts[0] with { AttemptId = Another }],
            Calls = [Clean.Calls[0] with { RangAt = null }, Clean.Calls[0] with { RangAt = null, SipCallId = "call-2" }],
        }));

    [Fact]
    public void No_breach_tells_a_number() => Assert.All(Planted, planted => Assert.All(
        Reconciliation.Find(planted.Plant(Clean)), breach =>
        {
            Assert.DoesNotContain(Callee[1..], breach.What, StringComparison.Ordinal);
            Assert.DoesNotContain(CallerId[1..], breach.What, StringComparison.Ordinal);
        }));

    private static StreamEvent Happened(string type, double after) => new() { Type = type, At = Begun + TimeSpan.FromSeconds(after) };

    private static ToldClient Willing(string reference) => new() { Reference = reference, IsWilling = true };

    private static Entries OfStream(Entries entries, Func<IReadOnlyList<StreamEvent>, IEnumerable<StreamEvent>> change) =>
        entries with { Streams = [entries.Streams[0] with { Events = [.. change(entries.Streams[0].Events)] }] };

    private static Entries OfClient(Entries entries, Func<ToldClient, ToldClient> change) =>
        entries with { Clients = [change(entries.Clients[0])] };

    private static Entries EndedAfter(Entries entries, double seconds) => OfStream(entries, events =>
        events.Select(one => one.Type == "verification_succeeded" ? one with { At = Begun + TimeSpan.FromSeconds(seconds) } : one));
}
