using System.Text.Json.Serialization;
using FlashCall.Contracts;

namespace FlashCall.Verification.Subjects;

/// <summary>The erasure of a person's number, as operators see it: while it is under way, and for good as the proof of it. The number itself
/// is not in it.</summary>
internal sealed record Erasure
{
    public required Guid Id { get; init; }

    public required ErasureStatus Status { get; init; }

    /// <summary>HMAC-SHA256 of the number, as lower-case hex; the same for each erasure of the number.</summary>
    public required string Subject { get; init; }

    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>The application whose key asked for it.</summary>
    public required string RequestedBy { get; init; }

    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>How many rows were erased, by service and table.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyDictionary<string, long>> Erased { get; init; }

    /// <summary>How many rows are kept for a reason of their own, by service and table.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyDictionary<string, long>> Kept { get; init; }

    /// <summary>The services that have not answered; null once it is complete.</summary>
    public IReadOnlyList<string>? WaitsFor { get; init; }

    [JsonIgnore]
    public bool IsComplete => Status == ErasureStatus.Complete;

    /// <summary>The address of an erasure.</summary>
    public static string PathOf(Guid id) => $"/v1/subjects/erasures/{id}";
}

/// <summary>Whether all is erased.</summary>
internal enum ErasureStatus
{
    /// <summary>A session of the number comes to rest, or a service has not answered.</summary>
    UnderWay,

    /// <summary>Every service has erased what it had.</summary>
    Complete,
}

/// <summary>An erasure that this replica brings on now.</summary>
/// <param name="Id">The erasure.</param>
/// <param name="Number">Whose.</param>
/// <param name="RequestedAt">What began later is another story.</param>
/// <param name="Round">1, or 2 for what was still on its way the first time.</param>
/// <param name="Until">When another replica takes it; as it stands in the row.</param>
internal sealed record ClaimedErasure(Guid Id, PhoneNumber Number, DateTimeOffset RequestedAt, int Round, DateTimeOffset Until)
{
    /// <summary>Says nothing of the number.</summary>
    public override string ToString() => $"{Id}";
}
