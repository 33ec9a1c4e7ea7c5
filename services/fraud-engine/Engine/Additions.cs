using FlashCall.Contracts;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Policies;

namespace FlashCall.Fraud.Engine;

/// <summary>What requests and outcomes add to the counters, as far as a rule of the policy reads it.</summary>
internal static class Additions
{
    private static readonly SubjectKind[] Asked =
    [
        SubjectKind.Number, SubjectKind.Prefix, SubjectKind.Address, SubjectKind.Network, SubjectKind.Device, SubjectKind.Application,
        SubjectKind.Destination, SubjectKind.DeviceWithNumber,
    ];

    /// <summary>What a request adds.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="request">The request.</param>
    /// <param name="verdict">What was said.</param>
    /// <param name="refused">It would have been blocked for what it is, and not for where it goes or because a block stands.</param>
    /// <param name="readings">What was counted before.</param>
    public static IReadOnlyList<CounterAddition> Of(Policy policy, RiskRequest request, Verdict verdict, bool refused, Readings readings)
    {
        var all = new List<CounterAddition>();
        Add(all, policy, request, Measure.Requests, request.RequestedAt, 1);
        Add(all, policy, request, Measure.Refused, request.RequestedAt, refused ? 1 : 0);
        foreach (var subject in Novelty.NewTo(policy, request, readings))
            Add(all, policy, subject, Measure.NewNumbers, request.RequestedAt, 1);
        if (verdict is not Verdict.Block)
        {
            Add(all, policy, request, Measure.Rings, request.RequestedAt, 1);
            Add(all, policy, request, Measure.Open, request.RequestedAt, 1);
            var price = policy.Document.Spend?.PriceOf(request.Number)?.AttemptMicros ?? 0;
            Add(all, policy, ApplicationOf(request), Measure.Spend, request.RequestedAt, price);
        }
        return all;
    }

    /// <summary>What an outcome adds, or takes back.</summary>
    public static IReadOnlyList<CounterAddition> Of(Policy policy, Outcome outcome)
    {
        var all = new List<CounterAddition>();
        var request = outcome.Request;
        switch (outcome)
        {
            case Outcome.Ended ended:
                Add(all, policy, request, Measure.Open, request.RequestedAt, -1);
                Add(all, policy, request, Measure.Verified, request.RequestedAt, ended.Verified ? 1 : 0);
                Add(all, policy, request, Measure.Reported, ended.At, ended.Verified || ended.WrongReports > 0 ? 1 : 0);
                Add(all, policy, request, Measure.WrongReports, ended.At, ended.WrongReports);
                break;
            case Outcome.Withdrawn:
                Add(all, policy, request, Measure.Open, request.RequestedAt, -1);
                Add(all, policy, request, Measure.Rings, request.RequestedAt, -1);
                Add(all, policy, ApplicationOf(request), Measure.Spend, request.RequestedAt,
                    -(policy.Document.Spend?.PriceOf(request.Number)?.AttemptMicros ?? 0));
                break;
            case Outcome.Called called:
                Add(all, policy, request, Measure.Calls, called.At, 1);
                Add(all, policy, request, Measure.Answered, called.At, called.Answered ? 1 : 0);
                if (called.Trunk is { } trunk)
                {
                    Add(all, policy, new Subject(SubjectKind.Trunk, trunk), Measure.Calls, called.At, 1);
                    Add(all, policy, new Subject(SubjectKind.Trunk, trunk), Measure.Answered, called.At, called.Answered ? 1 : 0);
                }
                Add(all, policy, ApplicationOf(request), Measure.Spend, called.At,
                    called.Answered ? policy.Document.Spend?.PriceOf(request.Number)?.AnsweredMicros ?? 0 : 0);
                break;
            case Outcome.Feedback feedback:
                Add(all, policy, request, Measure.Verified, request.RequestedAt,
                    (feedback.Genuine ? 1 : 0) - (feedback.CountedAsVerified ? 1 : 0));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(outcome));
        }
        return all;
    }

    /// <summary>What blocks that a request raised add: the wider prefixes around a blocked one come under suspicion.</summary>
    public static IReadOnlyList<CounterAddition> Of(Policy policy, RiskRequest request, IReadOnlyList<TimedBlock> raised)
    {
        var all = new List<CounterAddition>();
        foreach (var block in raised.Where(block => block.Subject.Kind is SubjectKind.Prefix && block.Level == 1))
        {
            foreach (var wider in request.SubjectsOf(SubjectKind.Prefix).Where(prefix => prefix.Key.Length < block.Subject.Key.Length))
                Add(all, policy, wider, Measure.NarrowerBlocks, request.RequestedAt, 1);
        }
        return all;
    }

    private static Subject ApplicationOf(RiskRequest request) => new(SubjectKind.Application, request.ApplicationId);

    private static void Add(
        List<CounterAddition> all, Policy policy, RiskRequest request, Measure measure, DateTimeOffset at, long amount)
    {
        if (amount == 0)
            return;
        foreach (var kind in Asked)
        {
            if (policy.GrainsOf(kind, measure).Count == 0)
                continue;
            foreach (var subject in request.SubjectsOf(kind))
                Add(all, policy, subject, measure, at, amount);
        }
    }

    private static void Add(List<CounterAddition> all, Policy policy, Subject subject, Measure measure, DateTimeOffset at, long amount)
    {
        if (amount == 0)
            return;
        foreach (var grain in policy.GrainsOf(subject.Kind, measure))
            all.Add(new CounterAddition(subject, measure, grain, Window.BucketOf(at, grain), amount));
    }
}
