using FlashCall.Contracts;
using FlashCall.Verification.Channels.FlashCalls;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Tests.Sessions;
using Marten;
using Xunit;

namespace FlashCall.Verification.Tests.Stored;

/// <summary>
/// What was stored once has to load for ever. Each event has a file with its stored form; a change that breaks one breaks the streams of
/// every installation. A new optional property is fine: write a further file beside the old one, <c>name.property.json</c>, and never
/// change a file.
/// </summary>
public sealed class StoredEventTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Stored", "golden");

    private static readonly Dictionary<string, VerificationEvent> Samples = new(StringComparer.Ordinal)
    {
        ["verification_requested"] = Usual.Requested with
        {
            Reference = "user-4711",
            Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["campaign"] = "autumn" },
            Client = new ClientContext { Ip = "203.0.113.7", DeviceId = "d-1", UserAgent = "app/1" },
        },
        ["verification_requested.floor_bits"] = Usual.Requested with { Policy = Usual.Policy with { FloorBits = 9.9 } },
        ["verification_requested.transaction"] = Usual.Requested with
        {
            Client = new ClientContext { CanIntercept = true, ManualOnly = false },
            Policy = Usual.Policy with { OnSecondSession = SecondSession.Refuse, InterceptionTimeout = TimeSpan.FromSeconds(40) },
            TransactionHash = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        },
        ["verification_requested.erased"] = Forgetting.Of(
            Usual.Requested with { Reference = "user-4711", TransactionHash = "44136fa3" }, Usual.Requested.To, Usual.At(90_000))!,
        ["risk_assessed"] = Usual.Allowed with { Factors = [new RiskFactor { Code = "line_type", Weight = 10, Detail = "A VoIP number." }] },
        ["risk_assessed.shadow"] = Usual.Allowed with
        {
            Factors = [new RiskFactor { Code = "number_block", Weight = 50, Detail = "A block.", Shadow = true,
                Evidence = new Dictionary<string, string>(StringComparer.Ordinal) { ["limit"] = "6" } }],
            ShadowVerdict = Verdict.Challenge,
        },
        ["verification_requested.risk"] = Usual.Requested with
        {
            Policy = Usual.Policy with { ChallengeBits = 3.3, OnRiskUnavailable = RiskFallback.Allow },
        },
        ["risk_unavailable"] = new SessionEvent.RiskUnavailable { At = Usual.At(1), Done = RiskFallback.Allow },
        ["attempt_started"] = Usual.Started,
        ["attempt_failed"] = new SessionEvent.AttemptFailed { At = Usual.At(1), AttemptId = Spec.First, Reason = "callee_busy" },
        ["report_received"] = Usual.Wrong with { Source = ReportSource.Intercepted },
        ["report_received.reason"] = Usual.Rewritten,
        ["report_received.source"] = Usual.Right with { SourceText = "MANUAL" },
        ["client_telemetry"] = new SessionEvent.ClientTelemetry { At = Usual.At(20_000), LateCall = true, NoCall = false },
        ["verification_succeeded"] = Usual.Succeeded,
        ["verification_denied"] = new SessionEvent.VerificationDenied { At = Usual.At(1), Reason = "number_velocity", Detail = "Too often." },
        ["verification_failed"] = new SessionEvent.VerificationFailed { At = Usual.At(1), Reason = "callee_busy" },
        ["verification_expired"] = new SessionEvent.VerificationExpired { At = Usual.At(1) },
        ["verification_cancelled"] = Usual.Cancelled,
        ["verification_superseded"] = new SessionEvent.VerificationSuperseded { At = Usual.At(1), By = Spec.Second },
        ["verification_errored"] = new SessionEvent.VerificationErrored { At = Usual.At(1), Reason = "risk_unavailable" },
        ["caller_id_leased"] = Usual.Leased with { EnterDigits = null },
        ["caller_id_leased.enter_digits"] = Usual.Leased,
        ["caller_id_refused"] = new FlashCallEvent.CallerIdRefused { At = Usual.At(1), AttemptId = Spec.First, Reason = "no_caller_id", Detail = "The pool is empty." },
        ["caller_id_refused.missing_numbers"] = new FlashCallEvent.CallerIdRefused
        {
            At = Usual.At(1),
            AttemptId = Spec.First,
            Reason = "pool_too_small",
            Detail = "950 numbers are missing.",
            MissingNumbers = 950,
            RetryAt = Usual.At(600_000),
        },
        ["caller_id_withheld"] = Usual.Withheld,
        ["call_not_placed"] = new FlashCallEvent.CallNotPlaced { At = Usual.At(1), AttemptId = Spec.First, Reason = "pool_too_small" },
        ["call_rang"] = Usual.Rang,
        ["call_ended"] = Usual.Ended,
        ["call_ended.trunk"] = Usual.Ended with { Trunk = "carrier-2" },
        ["call_ended.cost"] = Usual.Ended with
        {
            Disposition = CallDisposition.Answered,
            Answered = true,
            Trunk = "carrier-2",
            Cost = 0.0042m,
            Currency = "EUR",
        },
        ["news_overdue"] = Usual.Overdue,
    };

    public static TheoryData<string> Names => [.. Samples.Keys];

    [Fact]
    public void Every_stored_event_has_its_file() =>
        Assert.Equal(EventStore.EventNames.Values.Order(StringComparer.Ordinal), Samples.Keys.Select(EventOf).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void Every_event_has_a_name() => Assert.Equal(
        typeof(VerificationEvent).Assembly.GetTypes().Where(type => type.IsAssignableTo(typeof(VerificationEvent)) && !type.IsAbstract).Select(type => type.Name).Order(StringComparer.Ordinal),
        EventStore.EventNames.Keys.Select(type => type.Name).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public void An_event_is_stored_as_its_file_says(string name)
    {
        var file = Path.Combine(Folder, name + ".json");
        var stored = Serializer().ToJson(Samples[name]);
        Assert.True(File.Exists(file), $"Write the stored form of the new event to Stored/golden/{name}.json: {stored}");
        Assert.Equal(File.ReadAllText(file).Trim(), stored);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_stored_event_loads(string name)
    {
        var type = EventStore.EventNames.Single(named => named.Value == EventOf(name)).Key;
        using var stream = File.OpenRead(Path.Combine(Folder, name + ".json"));

        var loaded = Serializer().FromJson(type, stream);

        Assert.Equal(Serializer().ToJson(Samples[name]), Serializer().ToJson(loaded));
    }

    private static string EventOf(string name) => name.Split('.')[0];

    private static ISerializer Serializer() => Options().Serializer();

    private static StoreOptions Options()
    {
        var options = new StoreOptions();
        EventStore.Configure(options, TimeProvider.System);
        return options;
    }
}
