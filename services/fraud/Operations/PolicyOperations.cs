using System.Buffers;
using System.Security.Claims;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlashCall.Fraud.Policies;
using FlashCall.Fraud.Versions;
using FlashCall.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Fraud.Operations;

/// <summary>
/// Policies: <c>GET</c> and <c>POST /v1/fraud/policies</c>, <c>GET …/{number}</c>, <c>POST …/{number}/activate</c>,
/// <c>GET …/{number}/compare?with={number}</c>. A policy is written once and never changed; going back is activating an older one. All
/// replicas follow within two seconds.
/// </summary>
internal static class PolicyOperations
{
    private const int MostListed = 100;
    private const int LongestNote = 500;

    /// <summary>The policies, the newest first, without their documents.</summary>
    public static async Task<Ok<PolicyListView>> ListAsync(PolicyStore store, int? before, CancellationToken cancellationToken)
    {
        var policies = await store.ListAsync(before ?? int.MaxValue, MostListed, cancellationToken);
        return TypedResults.Ok(new PolicyListView
        {
            Policies = [.. policies.Select(policy => PolicyView.Of(policy, whole: false))],
            Before = policies.Count == MostListed ? policies[^1].Number : null,
        });
    }

    /// <summary>One policy with its document.</summary>
    public static async Task<Results<Ok<PolicyView>, ProblemHttpResult>> GetAsync(
        int number, PolicyStore store, CancellationToken cancellationToken) =>
        await store.FindAsync(number, cancellationToken) is { } policy
            ? TypedResults.Ok(PolicyView.Of(policy, whole: true))
            : Refusals.NoPolicy(number);

    /// <summary>Writes a policy. It is read whole, and refused with every mistake by its JSON path; it decides nothing until it is
    /// activated.</summary>
    public static async Task<Results<Created<PolicyView>, ProblemHttpResult>> AddAsync(
        HttpRequest request, ClaimsPrincipal caller, PolicyStore store, TimeProvider time, string? note, CancellationToken cancellationToken)
    {
        if (note is { Length: > LongestNote })
            return Refusals.Invalid([("note", $"At most {LongestNote} characters.")]);
        var body = await ReadBodyAsync(request, cancellationToken);
        if (PolicyReader.Read(body, out var mistakes) is not { } document)
            return Refusals.Invalid([.. mistakes.Select(mistake => (mistake.Path, $"{mistake.Path} {mistake.Problem}"))]);
        var policy = await store.AddAsync(document, note, caller.ApplicationId(), time.GetUtcNow(), cancellationToken);
        return TypedResults.Created($"/v1/fraud/policies/{policy.Number}", PolicyView.Of(policy, whole: true));
    }

    /// <summary>Makes a policy the one that decides.</summary>
    public static async Task<Results<Ok<PolicyView>, ProblemHttpResult>> ActivateAsync(
        int number, ClaimsPrincipal caller, PolicyStore store, PolicyDirectory directory, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (await store.FindAsync(number, cancellationToken) is not { } policy)
            return Refusals.NoPolicy(number);
        try
        {
            policy.ToPolicy();
        }
        catch (FormatException exception)
        {
            return Problems.Problem(409, "policy_not_understood", "This release does not understand the policy",
                $"A later release wrote it: {exception.Message} Bring all replicas to that release first.");
        }
        await store.ActivateAsync(number, caller.ApplicationId(), time.GetUtcNow(), cancellationToken);
        await directory.RefreshAsync(cancellationToken);
        return TypedResults.Ok(PolicyView.Of((await store.FindAsync(number, cancellationToken))!, whole: false));
    }

    /// <summary>What differs between two policies, by JSON path.</summary>
    public static async Task<Results<Ok<PolicyDifferenceView>, ProblemHttpResult>> CompareAsync(
        int number, int with, PolicyStore store, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(number, cancellationToken) is not { } one)
            return Refusals.NoPolicy(number);
        if (await store.FindAsync(with, cancellationToken) is not { } other)
            return Refusals.NoPolicy(with);
        return TypedResults.Ok(new PolicyDifferenceView
        {
            Policy = number,
            With = with,
            Differences = [.. JsonDifference.Between(JsonNode.Parse(one.Document), JsonNode.Parse(other.Document), "$")],
        });
    }

    private static async Task<ReadOnlyMemory<byte>> ReadBodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var body = new ArrayBufferWriter<byte>();
        while (true)
        {
            var read = await request.BodyReader.ReadAsync(cancellationToken);
            foreach (var part in read.Buffer)
                body.Write(part.Span);
            request.BodyReader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return body.WrittenMemory;
        }
    }
}

/// <summary>A policy as operators see it.</summary>
internal sealed record PolicyView
{
    /// <summary>Its number.</summary>
    public required int Number { get; init; }

    /// <summary>Whether it decides now.</summary>
    public required bool Active { get; init; }

    /// <summary>What its author says of it.</summary>
    public string? Note { get; init; }

    /// <summary>When it was written (UTC).</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The application that wrote it; left out for the settings.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>When it was activated last (UTC); left out if it never was.</summary>
    public DateTimeOffset? ActivatedAt { get; init; }

    /// <summary>The application that activated it; left out for the settings.</summary>
    public string? ActivatedBy { get; init; }

    /// <summary>What it says, with every field; left out of lists.</summary>
    public JsonElement? Document { get; init; }

    public static PolicyView Of(StoredPolicy policy, bool whole) => new()
    {
        Number = policy.Number,
        Active = policy.IsActive,
        Note = policy.Note,
        CreatedAt = policy.CreatedAt,
        CreatedBy = policy.CreatedBy,
        ActivatedAt = policy.ActivatedAt,
        ActivatedBy = policy.ActivatedBy,
        Document = whole ? JsonElement.Parse(policy.Document) : null,
    };
}

/// <summary>Policies, the newest first.</summary>
internal sealed record PolicyListView
{
    /// <summary>The policies.</summary>
    public required IReadOnlyList<PolicyView> Policies { get; init; }

    /// <summary>What to give as <c>before</c> for older ones; left out where there are none.</summary>
    public int? Before { get; init; }
}

/// <summary>What differs between two policies.</summary>
internal sealed record PolicyDifferenceView
{
    /// <summary>The one.</summary>
    public required int Policy { get; init; }

    /// <summary>The other.</summary>
    public required int With { get; init; }

    /// <summary>Each value that differs.</summary>
    public required IReadOnlyList<JsonDifference> Differences { get; init; }
}

/// <summary>A value that differs between two documents.</summary>
/// <param name="Path">Where, as a JSON path.</param>
/// <param name="Is">What the one has; left out if it has nothing there.</param>
/// <param name="Other">What the other has.</param>
internal sealed record JsonDifference(string Path, JsonNode? Is, JsonNode? Other)
{
    /// <summary>The values that differ, in order. Lists are compared item by item.</summary>
    public static IEnumerable<JsonDifference> Between(JsonNode? one, JsonNode? other, string path) => (one, other) switch
    {
        (JsonObject a, JsonObject b) => a.Select(field => field.Key).Union(b.Select(field => field.Key), StringComparer.Ordinal)
            .SelectMany(name => Between(a[name], b[name], $"{path}.{name}")),
        (JsonArray a, JsonArray b) => Enumerable.Range(0, Math.Max(a.Count, b.Count))
            .SelectMany(i => Between(i < a.Count ? a[i] : null, i < b.Count ? b[i] : null, $"{path}[{i}]")),
        _ => JsonNode.DeepEquals(one, other) ? [] : [new JsonDifference(path, one?.DeepClone(), other?.DeepClone())],
    };
}
