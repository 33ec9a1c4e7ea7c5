using System.Text.Json.Serialization;

namespace FlashCall.Contracts;

/// <summary>To the fraud service: should this phone ring at all? Answered by <see cref="RiskAssessed"/>; a repeat gets the same
/// answer.</summary>
public sealed record AssessRisk
{
    /// <summary>The session that asks; also the key under which the assessment is remembered.</summary>
    public required Guid VerificationId { get; init; }

    /// <summary>The application that started the session.</summary>
    public required string ApplicationId { get; init; }

    /// <summary>The number to be rung.</summary>
    public required PhoneNumber To { get; init; }

    /// <summary>What the verification is for.</summary>
    public required Purpose Purpose { get; init; }

    /// <summary>What is known of the device that asked, all of it optional.</summary>
    public required ClientContext Client { get; init; }

    /// <summary>When the session was started; velocity is counted at this time, not at the time of handling.</summary>
    public required DateTimeOffset RequestedAt { get; init; }
}

/// <summary>What the client app tells of the device behind a request. Nothing here is proven; it feeds velocity rules.</summary>
public sealed record ClientContext
{
    /// <summary>Nothing known.</summary>
    public static readonly ClientContext Unknown = new();

    /// <summary>The end user's IP address (IPv4 or IPv6 text), not the backend's.</summary>
    public string? Ip { get; init; }

    /// <summary>A stable identifier of the device, at most 128 characters.</summary>
    public string? DeviceId { get; init; }

    /// <summary>The device's user agent, at most 512 characters.</summary>
    public string? UserAgent { get; init; }

    /// <summary>Whether an app on the device can read the incoming call itself; null where nobody said.</summary>
    public bool? CanIntercept { get; init; }

    /// <summary>Whether a person has to read the call and type it; null where nobody said.</summary>
    public bool? ManualOnly { get; init; }
}

/// <summary>From the fraud service: the answer to <see cref="AssessRisk"/>.</summary>
public sealed record RiskAssessed
{
    /// <summary>The session that asked.</summary>
    public required Guid VerificationId { get; init; }

    /// <summary>What to do.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>0 (harmless) to 100 (certainly fraud).</summary>
    public required int Score { get; init; }

    /// <summary>Why, the heaviest first. Never empty for <see cref="Verdict.Block"/>.</summary>
    public required IReadOnlyList<RiskFactor> Factors { get; init; }

    /// <summary>The version of the policy that decided.</summary>
    public required string PolicyVersion { get; init; }

    /// <summary>What kind of line the number is.</summary>
    public required LineType LineType { get; init; }

    /// <summary>When the answer was made (UTC).</summary>
    public required DateTimeOffset AssessedAt { get; init; }

    /// <summary>What the verdict would have been with everything enforced that the policy has in shadow mode; null where it is the
    /// same.</summary>
    public Verdict? ShadowVerdict { get; init; }
}

/// <summary>One reason behind a score.</summary>
public sealed record RiskFactor
{
    /// <summary>Stable code, snake_case: <c>destination_not_allowed</c>, <c>number_velocity</c>.</summary>
    public required string Code { get; init; }

    /// <summary>What this factor added to the score, or would have, 0 to 100.</summary>
    public required int Weight { get; init; }

    /// <summary>A sentence for the developer of the client app, without personal data.</summary>
    public required string Detail { get; init; }

    /// <summary>The figures behind it by name (<c>count</c>, <c>limit</c>), without personal data; null where there are none.</summary>
    public IReadOnlyDictionary<string, string>? Evidence { get; init; }

    /// <summary>Recorded only: it added nothing to the score, since its rule is in shadow mode or the safe list waives it.</summary>
    // Left out where it is false, as it is of factors that were stored before there was such a mode.
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Shadow { get; init; }
}

/// <summary>What to do with a request.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Verdict>))]
public enum Verdict
{
    /// <summary>Ring the phone.</summary>
    Allow,

    /// <summary>Only with a stronger proof than usual, or over another channel.</summary>
    Challenge,

    /// <summary>Do not ring.</summary>
    Block,
}

/// <summary>Kind of line a number belongs to, after its numbering plan.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LineType>))]
public enum LineType
{
    /// <summary>The plan does not say.</summary>
    Unknown,

    /// <summary>Mobile.</summary>
    Mobile,

    /// <summary>Geographic fixed line.</summary>
    FixedLine,

    /// <summary>Fixed or mobile: the plan does not tell them apart (the United States and Canada).</summary>
    FixedLineOrMobile,

    /// <summary>Internet telephony without a place.</summary>
    Voip,

    /// <summary>Free for the caller.</summary>
    TollFree,

    /// <summary>The callee earns on each answered call.</summary>
    PremiumRate,

    /// <summary>Cost shared between caller and callee.</summary>
    SharedCost,

    /// <summary>A personal number that forwards somewhere.</summary>
    PersonalNumber,

    /// <summary>A pager.</summary>
    Pager,

    /// <summary>A company-wide access number.</summary>
    UniversalAccess,

    /// <summary>A voicemail box.</summary>
    Voicemail,
}
