using System.Text.Json.Serialization;
using FlashCall.Handset.Calls;
using FlashCall.Handset.Phones;

namespace FlashCall.Handset.Http;

/// <summary>A phone's behaviour.</summary>
/// <param name="Behaviour">Required.</param>
/// <param name="PostDialDelay">Null for the default.</param>
/// <param name="AnswerAfter">Null for the default.</param>
internal sealed record BehaviourBody(Behaviour? Behaviour, TimeSpan? PostDialDelay, TimeSpan? AnswerAfter)
{
    public static BehaviourBody Of(PhoneBehaviour behaviour) => new(behaviour.Behaviour, behaviour.PostDialDelay, behaviour.AnswerAfter);
}

/// <summary>All calls.</summary>
/// <param name="Calls">Since the start.</param>
/// <param name="UnderWay">Not over yet.</param>
/// <param name="States">How many of all are in which state.</param>
/// <param name="Sip">What SIP has counted.</param>
internal sealed record TotalsBody(long Calls, int UnderWay, IReadOnlyDictionary<string, long> States, SipBody Sip);

/// <summary>What SIP has counted.</summary>
internal sealed record SipBody(string? Address, long Received, long Sent, long Retransmitted, long Duplicates, long Malformed, long Faults);

/// <summary>How the process is.</summary>
internal sealed record Health(string Status);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IReadOnlyList<LoggedCall>))]
[JsonSerializable(typeof(RingingPhone))]
[JsonSerializable(typeof(BehaviourBody))]
[JsonSerializable(typeof(TotalsBody))]
[JsonSerializable(typeof(Health))]
internal sealed partial class HandsetJson : JsonSerializerContext;
