using System.Runtime.InteropServices;
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
    /// <param name="all">Takes it.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="request">The request.</param>
    /// <param name="verdict">What was said.</param>
    /// <param name="refused">It would have been blocked for what it is, and not for where it goes or because a block stands.</param>
    /// <param name="readings">What was counted before.</param>
    /// <param name="raised">The blocks that it raised: the wider prefixes around a blocked one come under suspicion.</param>
    public static IReadOnlyList<CounterAddition> Of(
        List<CounterAddition> all, Policy policy, RiskRequest request, Verdict verdict, bool refused, Readings readings,
        IReadOnlyList<TimedBlock> raised)
    {
        var at = request.RequestedAt;
        var through = verdict is Verdict.Block ? 0 : 1;
        Add(all, policy, request,
            [
                new(Measure.Requests, at, 1), new(Measure.Refused, at, refused ? 1 : 0), new(Measure.Rings, at, through),
                new(Measure.Open, at, through),
            ]);
        foreach (var subject in Novelty.NewTo(policy, request, readings))
            Add(all, policy, subject, new(Measure.NewNumbers, at, 1));
        Add(all, policy, ApplicationOf(request), new(Measure.Spend, at, through * (PriceOf(policy, request)?.AttemptMicros ?? 0)));
        foreach (var block in raised)
        {
            if (block.Subject.Kind is not SubjectKind.Prefix || block.Level != 1)
                continue;
            foreach (var wider in request.SubjectsOf(SubjectKind.Prefix).Where(prefix => prefix.Key.Length < block.Subject.Key.Length))
                Add(all, policy, wider, new(Measure.NarrowerBlocks, at, 1));
        }
        return all;
    }

    /// <summary>What an outcome adds, or takes back.</summary>
    /// <param name="all">Takes it.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="outcome">What became of a request.</param>
    public static IReadOnlyList<CounterAddition> Of(List<CounterAddition> all, Policy policy, Outcome outcome)
    {
        var request = outcome.Request;
        switch (outcome)
        {
            case Outcome.Ended ended:
                Add(all, policy, request,
                    [
                        new(Measure.Open, request.RequestedAt, -1), new(Measure.Verified, request.RequestedAt, ended.Verified ? 1 : 0),
                        new(Measure.Reported, ended.At, ended.Verified || ended.WrongReports > 0 ? 1 : 0),
                        new(Measure.WrongReports, ended.At, ended.WrongReports),
                    ]);
                break;
            case Outcome.Withdrawn:
                Add(all, policy, request, [new(Measure.Open, request.RequestedAt, -1), new(Measure.Rings, request.RequestedAt, -1)]);
                Add(all, policy, ApplicationOf(request),
                    new(Measure.Spend, request.RequestedAt, -(PriceOf(policy, request)?.AttemptMicros ?? 0)));
                break;
            case Outcome.Called called:
                Amount calls = new(Measure.Calls, called.At, 1);
                Amount answered = new(Measure.Answered, called.At, called.Answered ? 1 : 0);
                Add(all, policy, request, [calls, answered]);
                if (called.Trunk is { } trunk)
                {
                    Add(all, policy, new Subject(SubjectKind.Trunk, trunk), calls);
                    Add(all, policy, new Subject(SubjectKind.Trunk, trunk), answered);
                }
                Add(all, policy, ApplicationOf(request),
                    new(Measure.Spend, called.At, called.Answered ? PriceOf(policy, request)?.AnsweredMicros ?? 0 : 0));
                break;
            case Outcome.Feedback feedback:
                Add(all, policy, request,
                    [
                        new(Measure.Verified, request.RequestedAt, (feedback.Genuine ? 1 : 0) - (feedback.CountedAsVerified ? 1 : 0)),
                    ]);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(outcome));
        }
        return all;
    }

    private static Subject ApplicationOf(RiskRequest request) => request.SubjectsOf(SubjectKind.Application)[0];

    private static CallPrice? PriceOf(Policy policy, RiskRequest request) => policy.Document.Spend?.PriceOf(request.Number);

    /// <summary>Adds to all subjects of a request, one after the other: a history finds each once.</summary>
    private static void Add(List<CounterAddition> all, Policy policy, RiskRequest request, ReadOnlySpan<Amount> amounts)
    {
        foreach (var kind in Asked)
        {
            foreach (var subject in request.SubjectsOf(kind))
            {
                foreach (var amount in amounts)
                    Add(all, policy, subject, amount);
            }
        }
    }

    private static void Add(List<CounterAddition> all, Policy policy, Subject subject, Amount amount)
    {
        if (amount.Count == 0)
            return;
        foreach (var grain in policy.GrainsOf(subject.Kind, amount.Measure))
            all.Add(new CounterAddition(subject, amount.Measure, grain, Window.BucketOf(amount.At, grain), amount.Count));
    }

    /// <summary>How much of what, when.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Amount(Measure Measure, DateTimeOffset At, long Count);
}
