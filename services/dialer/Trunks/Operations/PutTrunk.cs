using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Dialer.Trunks.Operations;

/// <summary>Adds a trunk, or replaces its whole configuration: <c>PUT /v1/trunks/{name}</c>. Whether it takes calls stays as it is; a new
/// one does. Calls under way go on as they began. What is not right is refused whole.</summary>
internal static class PutTrunk
{
    private static readonly TrunkValidator Valid = new();

    public static async Task<Results<Ok<TrunkView>, Created<TrunkView>, ProblemHttpResult>> HandleAsync(
        string name, TrunkDocument document, HttpContext http, TrunkOperations operations, TrunkViews views, SecretBox box)
    {
        var change = await operations.ChangeAsync(name, http, current => StepOf(document with { Name = name }, current, box));
        if (change.Refused is { } problem)
            return problem;
        var view = views.Of(change.After!);
        return change.Before is { IsRemoved: false } ? TypedResults.Ok(view) : TypedResults.Created($"/v1/trunks/{name}", view);
    }

    private static TrunkStep StepOf(TrunkDocument document, StoredTrunk? current, SecretBox box)
    {
        if (current is { Secrets: null } && document.LeavesSecretsOut)
            return new TrunkStep.Refuse(TrunkRefusals.SecretsUnreadable());
        var whole = document.WithSecrets(current?.Secrets ?? TrunkSecrets.None);
        if (Valid.Validate(whole) is { IsValid: false } result)
            return new TrunkStep.Refuse(TrunkRefusals.Invalid(result));
        if (whole.Secrets != TrunkSecrets.None && !box.HasKey)
            return new TrunkStep.Refuse(TrunkRefusals.NoSecretsKey(whole.Secrets));
        return new TrunkStep.Put(whole);
    }
}
