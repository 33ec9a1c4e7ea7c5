namespace FlashCall.Contracts;

/// <summary>To every service that may hold a person's number: forget it. Answered by <see cref="SubjectErased"/>; a repeat finds nothing
/// more and is answered all the same. Sent when every session of the number has come to rest, in several messages where there are many
/// sessions, and once more a little later, for what was still on its way.</summary>
public sealed record EraseSubject
{
    /// <summary>The erasure.</summary>
    public required Guid ErasureId { get; init; }

    /// <summary>1, then 2: the second time, for what was still on its way the first.</summary>
    public required int Round { get; init; }

    /// <summary>Which of the messages of a round, from 0.</summary>
    public required int Part { get; init; }

    /// <summary>The number to forget.</summary>
    public required PhoneNumber Number { get; init; }

    /// <summary>Sessions of the number, 100 at most; each stands in one part. None in part 0.</summary>
    public required IReadOnlyList<ErasedSession> Sessions { get; init; }
}

/// <summary>A session whose person is forgotten, by what services know it by.</summary>
public sealed record ErasedSession
{
    /// <summary>The session.</summary>
    public required Guid VerificationId { get; init; }

    /// <summary>The application that started it.</summary>
    public required string ApplicationId { get; init; }

    /// <summary>Its attempts.</summary>
    public required IReadOnlyList<Guid> Attempts { get; init; }

    /// <summary>SHA-256 of the client's reference (UTF-8), 32 bytes; null where it gave none.</summary>
    public byte[]? Reference { get; init; }
}

/// <summary>To the verification service: the answer to <see cref="EraseSubject"/>.</summary>
public sealed record SubjectErased
{
    /// <summary>The erasure.</summary>
    public required Guid ErasureId { get; init; }

    /// <summary>See <see cref="EraseSubject.Round"/>.</summary>
    public required int Round { get; init; }

    /// <summary>See <see cref="EraseSubject.Part"/>.</summary>
    public required int Part { get; init; }

    /// <summary>The service that answers: the name of its queue.</summary>
    public required string Service { get; init; }

    /// <summary>How many rows it erased, by table.</summary>
    public required IReadOnlyDictionary<string, long> Erased { get; init; }

    /// <summary>How many rows it keeps for a reason of their own, by table; see <c>docs/operations.md</c>.</summary>
    public required IReadOnlyDictionary<string, long> Kept { get; init; }
}
