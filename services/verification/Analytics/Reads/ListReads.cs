using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Verification.Analytics.Reads;

/// <summary>Who saw numbers of the past in plain, newest first: <c>GET /v1/analytics/reads</c>.</summary>
internal static class ListReads
{
    private const int UsualLimit = 20;
    private const int HighestLimit = 100;

    public static async Task<Results<Ok<UnmaskedReadPage>, ProblemHttpResult>> HandleAsync(
        HttpRequest http, UnmaskedReads reads, CancellationToken cancellationToken)
    {
        var query = new QueryReader(http.Query, ["limit", "after"]);
        var limit = query.One<int>("limit", UsualLimit, $"Give a whole number from 1 to {HighestLimit}; {UsualLimit} is usual.",
            static text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                && count is >= 1 and <= HighestLimit ? count : null);
        var after = query.One<Guid>(
            "after", null, "Not a cursor of this list. Give the 'next' of the page before as it came, or leave it out for the first.",
            static text => Guid.TryParseExact(text, "D", out var id) ? id : null);
        if (query.Problem() is { } problem)
            return problem;
        // One more than is shown tells whether there are more.
        var found = await reads.ListAsync(after, limit!.Value + 1, cancellationToken);
        return TypedResults.Ok(new UnmaskedReadPage
        {
            Items = [.. found.Take(limit.Value)],
            Next = found.Count > limit ? found[limit.Value - 1].Id : null,
        });
    }
}

/// <summary>A part of the book.</summary>
internal sealed record UnmaskedReadPage
{
    /// <summary>Newest first.</summary>
    public required IReadOnlyList<UnmaskedRead> Items { get; init; }

    /// <summary>The cursor of the next part; null when this is the last.</summary>
    public Guid? Next { get; init; }
}

/// <summary>An application saw numbers in plain.</summary>
internal sealed record UnmaskedRead
{
    public required Guid Id { get; init; }

    /// <summary>Who.</summary>
    public required string ApplicationId { get; init; }

    public required DateTimeOffset BeganAt { get; init; }

    /// <summary>The session that was looked at; null where events were streamed.</summary>
    public Guid? VerificationId { get; init; }

    /// <summary>What was asked of the stream.</summary>
    public JsonNode? Filter { get; init; }

    /// <summary>How many events were shown; null as long as it goes on, and where nobody knows.</summary>
    public long? Events { get; init; }

    public DateTimeOffset? EndedAt { get; init; }
}
