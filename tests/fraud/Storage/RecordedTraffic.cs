using System.Globalization;
using FlashCall.Contracts;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;

namespace FlashCall.Fraud.Tests.Storage;

/// <summary>
/// Requests and what became of them, as a recording would have them: made from a seed, with enough of everything that every rule has
/// something to say: few people, addresses and devices, hours that pass, honest and fraudulent ones.
/// </summary>
internal static class RecordedTraffic
{
    /// <summary>A policy with every rule in use.</summary>
    public static readonly PolicyDocument Document = new()
    {
        Destinations = new DestinationLists { Allowed = ["SE", "GB"] },
        Spend = new SpendSettings { CapMicros = 40_000_000, Prices = [new CallPrice("+", 1_000, 50_000)] },
    };

    /// <summary>The steps, in order of time.</summary>
    /// <param name="seed">The same seed gives the same steps.</param>
    /// <param name="requests">How many requests there are.</param>
    public static IEnumerable<Step> Of(int seed, int requests)
    {
        var random = new Random(seed);
        var now = new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
        var open = new Queue<Step.Asked>();
        for (var i = 0; i < requests; i++)
        {
            now = now.AddMilliseconds(random.Next(100) switch { 0 => 1_000 * random.Next(3_600), < 30 => random.Next(60_000), _ => random.Next(3_000) });
            var asked = new Step.Asked(SessionOf(random), RequestOf(random, now));
            yield return asked;
            open.Enqueue(asked);
            while (open.Count > random.Next(20))
            {
                foreach (var step in EndOf(open.Dequeue(), random, now))
                    yield return step;
            }
        }
    }

    private static Guid SessionOf(Random random)
    {
        Span<byte> id = stackalloc byte[16];
        random.NextBytes(id);
        return new Guid(id);
    }

    private static RiskRequest RequestOf(Random random, DateTimeOffset at)
    {
        var pumped = random.Next(4) == 0;
        var number = pumped
            ? string.Create(CultureInfo.InvariantCulture, $"+4673123{random.Next(2_000):0000}")
            : string.Create(CultureInfo.InvariantCulture, $"+4670{random.Next(60) * 31_013 % 10_000_000:0000000}");
        var network = random.Next(20);
        var address = random.Next(5) == 0 ? null : $"203.0.{network}.{random.Next(6)}";
        return RiskRequest.From(new AssessRisk
        {
            VerificationId = Guid.CreateVersion7(),
            ApplicationId = random.Next(3) == 0 ? "shop" : "bank",
            To = PhoneNumber.Parse(random.Next(100) == 0 ? "+979123456789" : number),
            Purpose = (Purpose)random.Next(Enum.GetValues<Purpose>().Length),
            Client = new ClientContext { Ip = address, DeviceId = random.Next(3) == 0 ? null : $"device-{random.Next(120)}" },
            RequestedAt = at,
        }, random.Next(10) == 0 ? "GB" : "SE");
    }

    private static IEnumerable<Step> EndOf(Step.Asked asked, Random random, DateTimeOffset now)
    {
        var pumped = asked.Request.Number.StartsWith("+4673123", StringComparison.Ordinal);
        var called = random.Next(20) != 0;
        var verified = called && random.Next(100) < (pumped ? 3 : 75);
        var ended = new Step.Told(asked.Session, asked.Session,
            new SessionNews.Ended(now, verified, verified ? 0 : random.Next(4) == 0 ? 3 : 0, called));
        var call = new Step.Told(asked.Session, SessionOf(random),
            new SessionNews.CallOver(now, random.Next(3) == 0 ? "north" : "south", pumped && random.Next(2) == 0));
        IEnumerable<Step> news = called ? random.Next(2) == 0 ? [ended, call] : [call, ended] : [ended];
        return random.Next(30) == 0
            ? news.Append(new Step.Judged(asked.Session, now, random.Next(2) == 0))
            : news;
    }

    /// <summary>One step.</summary>
    internal abstract record Step
    {
        /// <summary>A request.</summary>
        internal sealed record Asked(Guid Session, RiskRequest Request) : Step;

        /// <summary>News of it.</summary>
        internal sealed record Told(Guid Session, Guid Id, SessionNews News) : Step;

        /// <summary>Feedback on it.</summary>
        internal sealed record Judged(Guid Session, DateTimeOffset At, bool Genuine) : Step;
    }
}

/// <summary>The engine over history in memory, as an analyst replays a recording.</summary>
/// <param name="policy">The policy.</param>
internal sealed class Replay(Policy policy)
{
    private readonly MemoryHistory _history = new(policy.Memory, TimeSpan.FromSeconds(policy.Document.Blocks.MemorySeconds));
    private readonly Dictionary<Guid, (RiskRequest Request, Verdict Verdict, bool? Counted, bool? Genuine)> _sessions = [];

    /// <summary>Assesses a request.</summary>
    public Assessment Assess(RecordedTraffic.Step.Asked asked)
    {
        var assessment = RiskEngine.Assess(policy, asked.Request, _history.Read(RiskEngine.Ask(policy, asked.Request)));
        _history.Apply(assessment.Changes, asked.Request.RequestedAt);
        _sessions[asked.Session] = (asked.Request, assessment.Verdict, null, null);
        return assessment;
    }

    /// <summary>Learns what became of a request.</summary>
    public void Learn(RecordedTraffic.Step step)
    {
        switch (step)
        {
            case RecordedTraffic.Step.Told { News: var news } told when _sessions[told.Session] is { Verdict: not Verdict.Block } session:
                var outcome = news.OutcomeOf(session.Request);
                Learn(outcome);
                if (outcome is Outcome.Ended { Verified: var verified })
                    Correct(told.Session, session with { Counted = verified }, news.At);
                break;
            case RecordedTraffic.Step.Judged judged:
                Correct(judged.Session, _sessions[judged.Session] with { Genuine = judged.Genuine }, judged.At);
                break;
        }
    }

    private void Correct(Guid id, (RiskRequest Request, Verdict Verdict, bool? Counted, bool? Genuine) session, DateTimeOffset at)
    {
        if (session is { Counted: { } counted, Genuine: { } genuine } && counted != genuine)
        {
            Learn(new Outcome.Feedback(session.Request, at, genuine, counted));
            session.Counted = genuine;
        }
        _sessions[id] = session;
    }

    private void Learn(Outcome outcome)
    {
        var changes = RiskEngine.Learn(policy, outcome, _history.Read(RiskEngine.Ask(policy, outcome)));
        _history.Apply(changes, outcome.At);
    }
}
