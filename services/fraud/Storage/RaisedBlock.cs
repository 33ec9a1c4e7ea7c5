using FlashCall.Contracts;
using FlashCall.Fraud.Counting;

namespace FlashCall.Fraud.Storage;

/// <summary>A block with what is said of it to others.</summary>
/// <param name="Id">Names it: another one each time that the subject is blocked anew.</param>
/// <param name="Block">The block.</param>
/// <param name="PolicyVersion">The policy that raised it; null for one that was raised by hand.</param>
/// <param name="By">The application of the operator who raised it; null for the engine.</param>
/// <param name="Note">What the operator says of it.</param>
internal sealed record RaisedBlock(Guid Id, TimedBlock Block, string? PolicyVersion, string? By = null, string? Note = null)
{
    /// <summary>What is published when it is raised.</summary>
    public FraudBlockRaised ToEvent() => new()
    {
        BlockId = Id,
        Kind = KindOf(Block.Subject.Kind),
        Subject = Block.Subject.Masked,
        Reason = Block.Reason,
        RaisedAt = Block.RaisedAt,
        Until = Block.Until,
        Level = Block.Level,
        PolicyVersion = PolicyVersion,
        RaisedBy = By,
    };

    /// <summary>What is published when it is lifted.</summary>
    /// <param name="at">When.</param>
    /// <param name="by">Who lifted it; null for the time.</param>
    public FraudBlockLifted ToLifted(DateTimeOffset at, string? by) => new()
    {
        BlockId = Id,
        Kind = KindOf(Block.Subject.Kind),
        Subject = Block.Subject.Masked,
        Reason = Block.Reason,
        LiftedAt = at,
        LiftedBy = by,
    };

    private static FraudBlockKind KindOf(SubjectKind kind) => kind switch
    {
        SubjectKind.Prefix => FraudBlockKind.Prefix,
        SubjectKind.Network => FraudBlockKind.Network,
        SubjectKind.Address => FraudBlockKind.Address,
        SubjectKind.Device => FraudBlockKind.Device,
        SubjectKind.Trunk => FraudBlockKind.Trunk,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No block is raised of this kind of subject."),
    };
}
