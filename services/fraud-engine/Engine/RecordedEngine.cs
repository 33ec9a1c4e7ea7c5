using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Policies;

namespace FlashCall.Fraud.Engine;

/// <summary>The engine over history in memory, for what was recorded or is simulated: it decides, and remembers what it decided, one step
/// after the other. Not for several threads.</summary>
/// <param name="policy">The policy.</param>
internal sealed class RecordedEngine(Policy policy)
{
    // One list for all: what a step adds is remembered before the next one.
    private readonly List<CounterAddition> _additions = [];

    /// <summary>The policy.</summary>
    public Policy Policy => policy;

    /// <summary>What it remembers.</summary>
    public MemoryHistory History { get; } =
        new(policy.Memory, TimeSpan.FromSeconds(policy.Document.Blocks.MemorySeconds));

    /// <summary>Assesses a request. What the assessment adds to the counters is good until the next step.</summary>
    public Assessment Assess(RiskRequest request)
    {
        _additions.Clear();
        var assessment = RiskEngine.Assess(
            policy, request, History.ReadAt(RiskEngine.ListableOf(request), request.RequestedAt), _additions);
        History.Apply(assessment.Changes, request.RequestedAt);
        return assessment;
    }

    /// <summary>Learns what became of a request that was let through.</summary>
    public void Learn(Outcome outcome)
    {
        _additions.Clear();
        IEnumerable<Subject> standing =
            outcome is Outcome.Called { Trunk: { } trunk } ? [new Subject(SubjectKind.Trunk, trunk)] : [];
        History.Apply(RiskEngine.Learn(policy, outcome, History.ReadAt(standing, outcome.At), _additions), outcome.At);
    }
}
