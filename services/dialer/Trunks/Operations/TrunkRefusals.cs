using System.Text.Json;
using FlashCall.Hosting;
using FluentValidation.Results;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Dialer.Trunks.Operations;

/// <summary>What an operator is told when a trunk is not there or not changed.</summary>
internal static class TrunkRefusals
{
    /// <summary>What to do where secrets cannot be stored or read.</summary>
    public static readonly string SetSecretsKey =
        $"Set {SettingName.Of(DialerSettings.SecretsKeyPath)} and start the dialer anew. {DialerSettings.SecretsKeyForm}";

    public static ProblemHttpResult Unknown() =>
        Problems.Problem(404, "trunk_not_found", "No such trunk", "There is no trunk of this name. GET /v1/trunks lists those there are.");

    public static ProblemHttpResult UnreadableCondition() => Problems.Problem(
        400, "bad_request", "Bad request", VersionCondition.Form);

    public static ProblemHttpResult NotThere() =>
        Problems.Problem(412, "trunk_not_found", "No such trunk", "There is no trunk of this name. Leave out If-Match to add it.");

    public static ProblemHttpResult There(StoredTrunk trunk) => Problems.Problem(412, "trunk_exists", "The trunk exists",
        $"There is a trunk of this name, in version {trunk.Version}. Leave out If-None-Match to replace it.");

    public static ProblemHttpResult AnotherVersion(StoredTrunk trunk) => Problems.Problem(412, "trunk_changed", "The trunk has changed",
        $"The trunk is in version {trunk.Version} now, changed by {trunk.ChangedBy ?? "the settings"} at {trunk.ChangedAt:u}. "
        + "Read it again, then decide anew.");

    public static ProblemHttpResult CallsUnderWay(StoredTrunk trunk) => Problems.Problem(409, "calls_under_way", "Calls are under way",
        (trunk.CallsUnderWay == 1 ? "1 call is" : $"{trunk.CallsUnderWay} calls are") + " under way on the trunk. "
        + (trunk.State == TrunkState.Draining ? "It is draining: try again when they have ended." : "Drain it first, then try again."));

    /// <summary>A secret was left out that is stored and cannot be read.</summary>
    public static ProblemHttpResult SecretsUnreadable() => Problems.Problem(409, "secrets_unreadable", "Stored secrets cannot be read",
        "The stored secrets were encrypted under another key, so they cannot be kept. Give them again, or null to remove them.");

    /// <summary>A secret was given that cannot be stored.</summary>
    public static ProblemHttpResult NoSecretsKey(TrunkSecrets secrets) => Problems.Problem(
        422, "secrets_key_missing", "Secrets cannot be stored", SetSecretsKey,
        secrets.Fields.ToDictionary(field => field, _ => (string[])[$"Cannot be stored. {SetSecretsKey}"], StringComparer.Ordinal));

    /// <summary>Every field that is wrong, and what would be right.</summary>
    public static ProblemHttpResult Invalid(ValidationResult result)
    {
        var errors = result.Errors
            .GroupBy(error => FieldName(error.PropertyName), StringComparer.Ordinal)
            .ToDictionary(field => field.Key, field => field.Select(error => error.ErrorMessage).ToArray(), StringComparer.Ordinal);
        var detail = string.Join(" ", errors.Select(field => $"{field.Key}: {string.Join(" ", field.Value)}"));
        return Problems.Problem(422, "validation_failed", "The request is not valid", detail, errors);
    }

    /// <summary>A field as the API spells it: <c>Destinations[0].Prefix</c> is <c>destinations[0].prefix</c>.</summary>
    private static string FieldName(string property)
    {
        var parts = property.Split('.', 2);
        var field = parts[0] switch
        {
            nameof(TrunkDocument.RingTime) => "ringTimeSeconds",
            nameof(TrunkDocument.PostDialDelayCap) => "postDialDelayCapSeconds",
            nameof(TrunkDocument.OptionsInterval) => "optionsIntervalSeconds",
            var name => JsonNamingPolicy.CamelCase.ConvertName(name),
        };
        if (parts.Length == 1)
            return field;
        // The names of header fields are the operator's.
        var rest = parts[0] == nameof(TrunkDocument.Headers) ? parts[1] : JsonNamingPolicy.CamelCase.ConvertName(parts[1]);
        return $"{field}.{rest}";
    }
}
