using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using FlashCall.Contracts;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;
using FlashCall.Simulation;

namespace FlashCall.Load.Replays;

/// <summary>An event as the store would have it.</summary>
/// <param name="Session">The stream.</param>
/// <param name="Version">Its place in the stream, from 1.</param>
/// <param name="Type">Its name.</param>
/// <param name="At">When it happened (UTC).</param>
/// <param name="Data">Its JSON.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct MadeEvent(Guid Session, long Version, string Type, DateTimeOffset At, string Data);

/// <summary>
/// Recorded sessions without a platform: the simulation's honest people and attacks, assessed by the fraud engine under a policy, with the
/// events that the verification service would have stored of them, in the order of the log. The courses are those of real streams: verified
/// while it rings, wrong reports before, missed, refused, answered.
/// </summary>
/// <param name="policy">The policy that was live.</param>
/// <param name="seed">The same seed gives the same events, but for their ids.</param>
internal sealed class RecordedCourses(Policy policy, int seed)
{
    private static readonly JsonSerializerOptions Stored = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    private readonly Random _random = new(seed);
    private readonly RecordedEngine _engine = new(policy);
    private readonly PriorityQueue<Action<List<MadeEvent>>, (DateTimeOffset At, long Order)> _due = new();
    private long _order;

    /// <summary>The verdicts that were given, in order.</summary>
    public List<Verdict> Verdicts { get; } = [];

    /// <summary>Plays so many days, and gives the events of each hour or so.</summary>
    /// <param name="start">When they begin.</param>
    /// <param name="days">How many.</param>
    /// <param name="busiest">Honest visits in the busiest hour.</param>
    public IEnumerable<IReadOnlyList<MadeEvent>> Play(DateTimeOffset start, int days, int busiest)
    {
        const int Batch = 10_000;
        const int Hours = 24;
        var people = new HonestTraffic(_random);
        var made = new List<MadeEvent>(Batch * 2);
        for (var day = 0; day < days; day++)
        {
            var morning = start.AddDays(day);
            foreach (var visit in people.Play(morning, Hours, busiest).Concat(new Attacks(_random).Play(morning, Hours))
                .OrderBy(visit => visit.Request.RequestedAt))
            {
                Advance(visit.Request.RequestedAt, made);
                Begin(visit, made);
                if (made.Count < Batch)
                    continue;
                yield return made;
                made.Clear();
            }
        }
        Advance(DateTimeOffset.MaxValue, made);
        yield return made;
    }

    private void Advance(DateTimeOffset now, List<MadeEvent> made)
    {
        while (_due.TryPeek(out _, out var due) && due.At <= now)
            _due.Dequeue()(made);
    }

    private void At(DateTimeOffset at, Action<List<MadeEvent>> act) => _due.Enqueue(act, (at, _order++));

    private void Begin(Visit visit, List<MadeEvent> made)
    {
        // As precise as JSON and PostgreSQL have it.
        var asked = visit.Request.RequestedAt.AddTicks(-(visit.Request.RequestedAt.Ticks % TimeSpan.TicksPerMillisecond));
        var stream = new Stream(Guid.CreateVersion7(asked));
        var ip = visit.Request.Address?.Split('/')[0];
        var address = ClientAddress.Parse(ip);
        var request = visit.Request with
        {
            RequestedAt = asked,
            Destination = JsonSerializer.Deserialize<PhoneNumber>($"\"{visit.Request.Number}\"")!.Region,
            Address = address?.Subscriber.ToString(),
            Network = address?.Network.ToString(),
            Device = visit.Request.Device is { } device ? RiskRequest.DeviceKey(visit.Request.ApplicationId, device) : null,
        };
        made.Add(stream.Event("verification_requested", asked, new
        {
            request.ApplicationId,
            To = request.Number,
            request.Purpose,
            Client = new { Ip = ip, DeviceId = visit.Request.Device, UserAgent = "shop/7.4 (Android 16)" },
            Policy = new
            {
                Route = (string[])["flash_call"],
                Lifetime = "00:02:00",
                RingTime = "00:00:04",
                PostDialDelayCap = "00:00:12",
                MaxReports = 3,
                GuessBound = 0.001,
                FloorBits = 9.9,
            },
        }));
        At(asked.AddMilliseconds(_random.Next(4, 12)), events => Assess(visit, request, stream, events));
    }

    private void Assess(Visit visit, RiskRequest request, Stream stream, List<MadeEvent> made)
    {
        var now = request.RequestedAt.AddMilliseconds(12);
        var assessment = _engine.Assess(request);
        Verdicts.Add(assessment.Verdict);
        made.Add(stream.Event("risk_assessed", now, new
        {
            assessment.Verdict,
            assessment.Score,
            assessment.Factors,
            PolicyVersion = policy.Version,
            request.LineType,
            assessment.ShadowVerdict,
        }));
        if (assessment.Verdict is Verdict.Block)
        {
            made.Add(stream.Event(
                "verification_denied", now, new { Reason = assessment.Factors[0].Code, assessment.Factors[0].Detail }));
            return;
        }
        var attempt = Guid.CreateVersion7(now);
        made.Add(stream.Event("attempt_started", now, new { AttemptId = attempt, Position = 0, Channel = "flash_call" }));
        var candidates = _random.Next(5) == 0 ? 1_000 : 10_000;
        At(now.AddMilliseconds(15), events => events.Add(stream.Event("caller_id_leased", now.AddMilliseconds(15), new
        {
            AttemptId = attempt,
            LeaseId = Guid.CreateVersion7(now),
            CallerId = string.Create(CultureInfo.InvariantCulture, $"+44207946{_random.Next(10_000):0000}"),
            visit.Trunk,
            DisclosedPrefix = "+44207946",
            Candidates = candidates,
            ReportsAllowed = candidates == 1_000 ? 1 : 3,
            EnterDigits = 4,
        })));
        Ring(visit, request, stream, attempt, now.AddMilliseconds(30));
    }

    private void Ring(Visit visit, RiskRequest request, Stream stream, Guid attempt, DateTimeOffset invited)
    {
        var rang = invited.AddMilliseconds(_random.Next(800, 5_000));
        var end = request.RequestedAt + visit.Length;
        if (end < rang.AddMilliseconds(500))
            end = rang.AddMilliseconds(500);
        At(rang, events => events.Add(stream.Event("call_rang", rang, new { AttemptId = attempt, InvitedAt = invited })));
        for (var wrong = 1; wrong <= visit.WrongReports; wrong++)
        {
            var at = rang + ((end - rang) * wrong / (visit.WrongReports + 1));
            At(at, events => events.Add(stream.Event("report_received", at, new { AttemptId = attempt, Source = "Typed", Matched = false })));
        }
        // Who verifies while it rings ends the ringing; otherwise the phone rings as long as it is to.
        var over = visit.Verified && end < rang.AddSeconds(4) ? end.AddMilliseconds(40) : rang.AddSeconds(4);
        At(over, events =>
        {
            events.Add(stream.Event("call_ended", over, new
            {
                AttemptId = attempt,
                Disposition = visit.Answered ? "Answered" : "Rang",
                SipStatus = visit.Answered ? 200 : 487,
                InvitedAt = invited,
                RangAt = rang,
                visit.Answered,
                visit.Trunk,
            }));
            _engine.Learn(new SessionNews.CallOver(over, visit.Trunk, visit.Answered).OutcomeOf(request));
        });
        At(end, events =>
        {
            if (visit.Verified)
            {
                var source = _random.Next(3) == 0 ? "Typed" : "Intercepted";
                events.Add(stream.Event("report_received", end, new { AttemptId = attempt, Source = source, Matched = true }));
                events.Add(stream.Event("verification_succeeded", end, new { AttemptId = attempt }));
            }
            else
            {
                events.Add(stream.Event("verification_expired", end, new { }));
            }
            _engine.Learn(new SessionNews.Ended(end, visit.Verified, visit.WrongReports, Called: true).OutcomeOf(request));
        });
    }

    private sealed class Stream(Guid id)
    {
        private long _version;

        public MadeEvent Event(string type, DateTimeOffset at, object fields)
        {
            var json = JsonSerializer.Serialize(fields, fields.GetType(), Stored);
            var when = at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'+00:00'", CultureInfo.InvariantCulture);
            return new MadeEvent(id, ++_version, type, at,
                json.Length == 2 ? $"{{\"at\":\"{when}\"}}" : $"{json.AsSpan(0, json.Length - 1)},\"at\":\"{when}\"}}");
        }
    }
}
