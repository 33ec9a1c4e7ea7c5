using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlashCall.NumberPool.Numbers.Operations;

/// <summary>New numbers, as <c>POST /v1/numbers</c> takes them.</summary>
internal sealed record NewNumbersDocument
{
    /// <summary>Numbers, blocks and spans, as <see cref="NumberSpan.Form"/> has it.</summary>
    public IReadOnlyList<string?>? Numbers { get; init; }

    /// <summary>The trunk whose carrier may present them.</summary>
    public string? Trunk { get; init; }

    /// <summary>ISO 3166-1 alpha-2, or the calling code (+883) where no country has it; found from the numbers if left out.</summary>
    public string? Country { get; init; }

    /// <summary>What the operator calls them.</summary>
    public IReadOnlyList<string?>? Tags { get; init; }

    /// <summary>Fields that are none: each is a mistake.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unknown { get; init; }
}

/// <summary>What becomes of numbers, as <c>POST /v1/numbers/rest</c> and its like take it.</summary>
internal sealed record ChangeDocument
{
    /// <summary>Numbers, blocks and spans, as <see cref="NumberSpan.Form"/> has it; what the pool does not have is left out.</summary>
    public IReadOnlyList<string?>? Numbers { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }

    /// <summary>Of a rest: when it ends (RFC 3339).</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Or how long it lasts, as <see cref="Hosting.Duration"/> has it.</summary>
    public string? For { get; init; }

    /// <summary>Fields that are none: each is a mistake.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unknown { get; init; }
}

/// <summary>What came of a change.</summary>
/// <param name="Numbers">Numbers of the pool that it was for.</param>
/// <param name="Changed">Of them, those that are not as they were.</param>
internal sealed record ChangeView(long Numbers, long Changed);
