using System.Text.Json.Serialization;

namespace FlashCall.Contracts;

/// <summary>What a verification is for. It chooses the policy: friction, strength and cost weigh differently for each.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Purpose>))]
public enum Purpose
{
    /// <summary>A new account.</summary>
    Onboarding,

    /// <summary>An existing account, a new sign-in.</summary>
    Login,

    /// <summary>A number left in a campaign form: is it real?</summary>
    LeadValidation,

    /// <summary>Know your customer: part of an identity check.</summary>
    Kyc,

    /// <summary>Confirms one particular transaction.</summary>
    Transaction,
}
