using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Gateway.Applications.Operations;

/// <summary>The applications: <c>GET /v1/applications?limit=&amp;after=</c>, in the order of their ids. The key of the settings is none of
/// them.</summary>
internal static class ListApplications
{
    private const int Most = 100;
    private const int Usual = 20;

    public static async Task<Results<Ok<ApplicationListView>, ProblemHttpResult>> HandleAsync(
        int? limit, string? after, ApplicationStore store, CancellationToken cancellationToken)
    {
        var mistakes = new List<(string, string)>();
        if (limit is < 1 or > Most)
            mistakes.Add(("limit", $"is out of range. Give 1 to {Most}."));
        if (after is not null && !ApplicationId.IsOne(after))
            mistakes.Add(("after", "is no cursor. Give what 'next' of the page before says."));
        if (mistakes.Count > 0)
            return ApplicationRefusals.Invalid(mistakes);
        var size = limit ?? Usual;
        var found = await store.ListAsync(after ?? "", size + 1, cancellationToken);
        return TypedResults.Ok(new ApplicationListView
        {
            Items = [.. found.Take(size).Select(ApplicationView.Of)],
            Next = found.Count > size ? found[size - 1].Id : null,
        });
    }
}
