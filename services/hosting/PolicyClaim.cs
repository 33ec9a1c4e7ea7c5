using System.Text.Json;
using System.Text.Json.Serialization;
using FlashCall.Contracts;

namespace FlashCall.Hosting;

/// <summary>The text of <see cref="InternalIdentity.PoliciesClaim"/>, which the gateway writes and the verification service
/// reads.</summary>
public static class PolicyClaim
{
    private static readonly JsonSerializerOptions Json =
        new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>The policies as text, in the order of the purposes, so that the same policies are the same text.</summary>
    /// <returns>Null where there are none.</returns>
    public static string? Write(IReadOnlyDictionary<Purpose, PurposePolicy> policies) => policies.Count == 0
        ? null
        : JsonSerializer.Serialize(
            policies.OrderBy(policy => policy.Key)
                .ToDictionary(policy => PurposeName.Write(policy.Key), policy => policy.Value, StringComparer.Ordinal),
            Json);

    /// <summary>Reads them. What a gateway of a later release says and this one does not know is left out.</summary>
    /// <exception cref="JsonException">The text is no such claim.</exception>
    public static IReadOnlyDictionary<Purpose, PurposePolicy> Read(string text)
    {
        var policies = new Dictionary<Purpose, PurposePolicy>();
        foreach (var (name, policy) in JsonSerializer.Deserialize<Dictionary<string, PurposePolicy>>(text, Json) ?? [])
        {
            if (PurposeName.Read(name) is { } purpose)
                policies.Add(purpose, policy);
        }
        return policies;
    }
}
