using FlashCall.Fraud.Policies;

namespace FlashCall.Fraud.Versions;

/// <summary>A policy as the database has it; it never changes.</summary>
internal sealed record StoredPolicy
{
    /// <summary>Which one: 1 for the first, each later one 1 more.</summary>
    public required int Number { get; init; }

    /// <summary>What it says, in the form of <see cref="PolicyText"/>.</summary>
    public required string Document { get; init; }

    /// <summary>What its author says of it.</summary>
    public required string? Note { get; init; }

    /// <summary>When it was written (UTC).</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The application that wrote it; null for the settings.</summary>
    public required string? CreatedBy { get; init; }

    /// <summary>When it was made active last (UTC); null if it never was.</summary>
    public required DateTimeOffset? ActivatedAt { get; init; }

    /// <summary>The application that made it active last; null for the settings.</summary>
    public required string? ActivatedBy { get; init; }

    /// <summary>Whether it decides now.</summary>
    public required bool IsActive { get; init; }

    /// <summary>The policy, ready for use.</summary>
    /// <exception cref="FormatException">A later release wrote the document, and this one does not understand it.</exception>
    public Policy ToPolicy() => new(PolicyText.Read(Document), Number);
}
