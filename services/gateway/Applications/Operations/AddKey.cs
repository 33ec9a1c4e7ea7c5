using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Gateway.Applications.Operations;

/// <summary>A further key, so that the one before can be replaced without a break: <c>POST /v1/applications/{id}/keys</c>. Its secrets are in
/// the answer and nowhere else.</summary>
internal sealed record AddKey
{
    private const int Most = 20;

    /// <summary>Its name for people, at most <see cref="ApplicationValidator.LongestName"/> characters; may be left out.</summary>
    public string? Name { get; init; }

    /// <summary>When it ends; left out for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Fields that no key has: each is a mistake.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unknown { get; init; }

    public static async Task<Results<Created<NewKeyView>, ProblemHttpResult>> HandleAsync(
        string id, AddKey request, HttpContext http, ApplicationOperations operations, TimeProvider time)
    {
        var mistakes = request.Mistakes(time.GetUtcNow()).ToList();
        if (mistakes.Count > 0)
            return ApplicationRefusals.Invalid(mistakes);
        var key = NewKey.Make(request.Name, request.ExpiresAt?.ToUniversalTime());
        var change = await operations.ChangeAsync(id, http, $"given key {key.Id}", current =>
            current is null ? new ApplicationStep.Refuse(ApplicationRefusals.Unknown())
            : current.Keys.Count >= Most ? new ApplicationStep.Refuse(ApplicationRefusals.TooManyKeys(Most))
            : new ApplicationStep.AddKey(key));
        return change.Refused is { } problem
            ? problem
            : TypedResults.Created($"/v1/applications/{id}/keys/{key.Id}", NewKeyView.Of(key, change.After!));
    }

    private IEnumerable<(string Field, string Problem)> Mistakes(DateTimeOffset now)
    {
        if (Name is not null && !ApplicationValidator.IsName(Name))
            yield return ("name", $"is no name. Give 1 to {ApplicationValidator.LongestName} characters on one line, or leave it out.");
        if (ExpiresAt <= now)
            yield return ("expiresAt", "is over. Give a time to come, or leave it out for a key that stays.");
        foreach (var name in Unknown?.Keys ?? [])
            yield return (name, UnknownFields.Problem);
    }
}
