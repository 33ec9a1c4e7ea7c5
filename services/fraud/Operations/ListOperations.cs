using System.Security.Claims;
using FlashCall.Fraud.Blocks;
using FlashCall.Fraud.Counting;
using FlashCall.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Fraud.Operations;

/// <summary>The safe list and the block list: <c>GET</c> and <c>POST /v1/fraud/lists</c>, <c>DELETE …/{id}</c>.</summary>
internal static class ListOperations
{
    private const int MostListed = 200;
    private const int LongestReason = 500;

    /// <summary>The entries, people's own masked; asked for by its kind and value, one is shown as it was asked.</summary>
    public static async Task<Results<Ok<EntryListView>, ProblemHttpResult>> ListAsync(
        ListStore store, TimeProvider time, string? kind, string? value, string? application, Guid? before,
        CancellationToken cancellationToken)
    {
        Subject? asked = null;
        if (kind is not null || value is not null)
        {
            var mistakes = new List<(string, string)>();
            asked = SubjectText.Read(kind, value, application, SubjectText.Listable, mistakes);
            if (asked is null)
                return Refusals.Invalid(mistakes);
        }
        var entries = await store.ListAsync(asked, before, MostListed, cancellationToken);
        var now = time.GetUtcNow();
        return TypedResults.Ok(new EntryListView
        {
            Entries = [.. entries.Select(entry => EntryView.Of(entry, asked is null ? null : value, now))],
            Before = entries.Count == MostListed ? entries[^1].Id : null,
        });
    }

    /// <summary>Puts an entry on a list, or replaces the one of the same subject.</summary>
    public static async Task<Results<Ok<EntryView>, ProblemHttpResult>> AddAsync(
        AddEntry request, ClaimsPrincipal caller, ListStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var mistakes = new List<(string, string)>();
        var subject = SubjectText.Read(request.Kind, request.Value, request.Application, SubjectText.Listable, mistakes);
        if (request.List is null)
            mistakes.Add(("list", "Give safe or block."));
        if (request.Reason is not { Length: > 0 and <= LongestReason })
            mistakes.Add(("reason", $"Say why, in at most {LongestReason} characters."));
        if (request.ExpiresAt <= now)
            mistakes.Add(("expiresAt", "Give a time to come, or leave it out for an entry that stays."));
        if (mistakes.Count > 0)
            return Refusals.Invalid(mistakes);
        var entry = await store.PutAsync(new StoredEntry(
            Guid.CreateVersion7(), new ListEntry(request.List!.Value, subject!.Value, request.ExpiresAt), request.Application,
            request.Reason!, now, caller.ApplicationId()), cancellationToken);
        return TypedResults.Ok(EntryView.Of(entry, request.Value, now));
    }

    /// <summary>Takes an entry off its list.</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> RemoveAsync(
        Guid id, ListStore store, CancellationToken cancellationToken) =>
        await store.RemoveAsync(id, cancellationToken) ? TypedResults.NoContent() : Refusals.NoEntry();
}

/// <summary>What to put on a list.</summary>
/// <param name="List">safe or block.</param>
/// <param name="Kind">number, prefix, network, address or device.</param>
/// <param name="Value">Which one.</param>
/// <param name="Application">The application it holds for, and that names the device; left out for all.</param>
/// <param name="Reason">Why.</param>
/// <param name="ExpiresAt">Until when; left out for good.</param>
internal sealed record AddEntry(
    ListKind? List, string? Kind, string? Value, string? Application, string? Reason, DateTimeOffset? ExpiresAt);

/// <summary>Entries of the lists.</summary>
internal sealed record EntryListView
{
    /// <summary>The newest first.</summary>
    public required IReadOnlyList<EntryView> Entries { get; init; }

    /// <summary>What to give as <c>before</c> for older ones; left out where there are none.</summary>
    public Guid? Before { get; init; }
}

/// <summary>An entry as operators see it.</summary>
internal sealed record EntryView
{
    /// <summary>Names it.</summary>
    public required Guid Id { get; init; }

    /// <summary>The list.</summary>
    public required ListKind List { get; init; }

    /// <summary>What it is.</summary>
    public required SubjectKind Kind { get; init; }

    /// <summary>Which one: a prefix or network as it is, a number, address or device masked unless it was asked for.</summary>
    public required string Value { get; init; }

    /// <summary>The application it holds for; left out for all.</summary>
    public string? Application { get; init; }

    /// <summary>Why it is there.</summary>
    public required string Reason { get; init; }

    /// <summary>Whether it holds now.</summary>
    public required bool Active { get; init; }

    /// <summary>Until when; left out for good.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Since when.</summary>
    public required DateTimeOffset AddedAt { get; init; }

    /// <summary>The application of the operator who put it there.</summary>
    public required string AddedBy { get; init; }

    public static EntryView Of(StoredEntry stored, string? asked, DateTimeOffset now) => new()
    {
        Id = stored.Id,
        List = stored.Entry.List,
        Kind = stored.Entry.Subject.Kind,
        Value = asked ?? stored.Entry.Subject.Masked,
        Application = stored.Application,
        Reason = stored.Reason,
        Active = stored.Entry.HoldsAt(now),
        ExpiresAt = stored.Entry.ExpiresAt,
        AddedAt = stored.AddedAt,
        AddedBy = stored.AddedBy,
    };
}
