using System.Security.Claims;
using FlashCall.Fraud.Blocks;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Storage;
using FlashCall.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Fraud.Operations;

/// <summary>Timed blocks: <c>GET</c> and <c>POST /v1/fraud/blocks</c>, <c>DELETE …/{id}?reason=</c>.</summary>
internal static class BlockOperations
{
    private const int MostListed = 500;
    private const int LongestText = 500;
    private const int LongestBlockSeconds = 30 * 86_400;

    /// <summary>The blocks that stand and, unless <c>active=true</c>, those that are remembered.</summary>
    public static async Task<Ok<BlockListView>> ListAsync(
        BlockStore store, TimeProvider time, bool? active, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var blocks = await store.ListAsync(active == true ? now : null, MostListed, cancellationToken);
        return TypedResults.Ok(new BlockListView { Blocks = [.. blocks.Select(block => BlockView.Of(block, now))] });
    }

    /// <summary>Raises a block by hand.</summary>
    public static async Task<Results<Created<BlockView>, ProblemHttpResult>> RaiseAsync(
        RaiseBlock request, ClaimsPrincipal caller, BlockStore store, BlockNews news, TimeProvider time, CancellationToken cancellationToken)
    {
        var mistakes = new List<(string, string)>();
        var subject = SubjectText.Read(request.Kind, request.Value, request.Application, SubjectText.Blockable, mistakes);
        if (request.Seconds is not (>= 60 and <= LongestBlockSeconds))
            mistakes.Add(("seconds", $"Give how long, 60 to {LongestBlockSeconds}."));
        if (request.Reason is not { Length: > 0 and <= LongestText })
            mistakes.Add(("reason", $"Say why, in at most {LongestText} characters."));
        if (mistakes.Count > 0)
            return Refusals.Invalid(mistakes);
        var now = time.GetUtcNow();
        now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
        var block = new RaisedBlock(
            Guid.CreateVersion7(), new TimedBlock(subject!.Value, "by_hand", now, now.AddSeconds(request.Seconds!.Value), Level: 1),
            PolicyVersion: null, caller.ApplicationId(), request.Reason);
        if (!await store.RaiseAsync(block, cancellationToken))
        {
            return Problems.Problem(409, "block_stands", "A block stands already",
                "A block of this subject stands. Lift it first, or leave it.");
        }
        news.Wake();
        return TypedResults.Created($"/v1/fraud/blocks/{block.Id}", BlockView.Of(new StoredBlock(block, null, null), now));
    }

    /// <summary>Lifts a block by hand; its level is remembered.</summary>
    public static async Task<Results<Ok<BlockView>, ProblemHttpResult>> LiftAsync(
        Guid id, string? reason, ClaimsPrincipal caller, BlockStore store, BlockNews news, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (reason is not { Length: > 0 and <= LongestText })
            return Refusals.Invalid([("reason", $"Say why, in at most {LongestText} characters: DELETE …?reason=….")]);
        var now = time.GetUtcNow();
        if (await store.LiftAsync(id, caller.ApplicationId(), reason, now, cancellationToken) is not { } lifted)
            return Refusals.NoBlock();
        news.Wake();
        return TypedResults.Ok(BlockView.Of(lifted, now));
    }
}

/// <summary>What to block.</summary>
/// <param name="Kind">prefix, network, address or device.</param>
/// <param name="Value">Which one.</param>
/// <param name="Application">For a device, the application that names it.</param>
/// <param name="Seconds">How long.</param>
/// <param name="Reason">Why.</param>
internal sealed record RaiseBlock(string? Kind, string? Value, string? Application, int? Seconds, string? Reason);

/// <summary>Blocks.</summary>
internal sealed record BlockListView
{
    /// <summary>Those that stand longest first.</summary>
    public required IReadOnlyList<BlockView> Blocks { get; init; }
}

/// <summary>A block as operators see it.</summary>
internal sealed record BlockView
{
    /// <summary>Names it.</summary>
    public required Guid Id { get; init; }

    /// <summary>What is blocked.</summary>
    public required SubjectKind Kind { get; init; }

    /// <summary>Which one; of an address or a device the beginning.</summary>
    public required string Subject { get; init; }

    /// <summary>Whether it stands.</summary>
    public required bool Active { get; init; }

    /// <summary>The code of the risk factor that raised it, or <c>by_hand</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>When it was raised (UTC).</summary>
    public required DateTimeOffset RaisedAt { get; init; }

    /// <summary>When it lifts by itself, or was lifted (UTC).</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>1 the first time; one more each time that it was raised again.</summary>
    public required int Level { get; init; }

    /// <summary>The policy that raised it.</summary>
    public string? PolicyVersion { get; init; }

    /// <summary>The application of the operator who raised it.</summary>
    public string? RaisedBy { get; init; }

    /// <summary>What the operator said of it.</summary>
    public string? Note { get; init; }

    /// <summary>The application of the operator who lifted it.</summary>
    public string? LiftedBy { get; init; }

    /// <summary>Why it was lifted.</summary>
    public string? LiftReason { get; init; }

    public static BlockView Of(StoredBlock stored, DateTimeOffset now) => new()
    {
        Id = stored.Raised.Id,
        Kind = stored.Raised.Block.Subject.Kind,
        Subject = stored.Raised.Block.Subject.Masked,
        Active = stored.Raised.Block.StandsAt(now),
        Reason = stored.Raised.Block.Reason,
        RaisedAt = stored.Raised.Block.RaisedAt,
        Until = stored.Raised.Block.Until,
        Level = stored.Raised.Block.Level,
        PolicyVersion = stored.Raised.PolicyVersion,
        RaisedBy = stored.Raised.By,
        Note = stored.Raised.Note,
        LiftedBy = stored.LiftedBy,
        LiftReason = stored.LiftReason,
    };
}
