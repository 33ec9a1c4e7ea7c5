using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlashCall.Cli.Numbers;

/// <summary>Consecutive numbers that are the same in everything, as the API gives them. Unknown fields are ignored.</summary>
internal sealed record Run
{
    public required string First { get; init; }

    public required string Last { get; init; }

    public long Count { get; init; }

    public string? Country { get; init; }

    public string? Trunk { get; init; }

    public required IReadOnlyList<string> Tags { get; init; }

    public required string State { get; init; }

    public DateTimeOffset? RestsUntil { get; init; }

    public string? Reason { get; init; }

    public string? ChangedBy { get; init; }

    public DateTimeOffset? ChangedAt { get; init; }
}

/// <summary>A page of the pool, and the cursor of the next one.</summary>
internal sealed record Page(IReadOnlyList<Run> Numbers, string? Next);

/// <summary>All that is known of one number.</summary>
internal sealed record NumberDetail
{
    public required string Number { get; init; }

    public required Run Run { get; init; }

    public required IReadOnlyList<PastChange> History { get; init; }

    public required IReadOnlyList<Wear> Wear { get; init; }
}

/// <summary>What was done to a number.</summary>
internal sealed record PastChange
{
    public required string First { get; init; }

    public required string Last { get; init; }

    public required string Change { get; init; }

    public DateTimeOffset? RestsUntil { get; init; }

    public string? Reason { get; init; }

    public string? ChangedBy { get; init; }

    public DateTimeOffset ChangedAt { get; init; }
}

/// <summary>What became of calls, of a number to a destination or of a trunk.</summary>
internal sealed record Wear(
    string Trunk, string? Destination, long Rang, long Answered, long Blocked, long Reported, long Verified, DateTimeOffset? LastAt);

/// <summary>Numbers to add.</summary>
internal sealed record NewNumbers(IReadOnlyList<string> Numbers, string Trunk, string? Country, IReadOnlyList<string>? Tags);

/// <summary>How many were added.</summary>
internal sealed record Added(long Numbers);

/// <summary>What is to become of numbers.</summary>
internal sealed record Change(IReadOnlyList<string> Numbers, string Reason, DateTimeOffset? Until, string? For);

/// <summary>How many numbers of the pool were named, and how many of them changed.</summary>
internal sealed record Changed(long Numbers, [property: JsonPropertyName("changed")] long Count);

/// <summary>What came of an import.</summary>
internal sealed record ImportAnswer
{
    public bool DryRun { get; init; }

    public required long Numbers { get; init; }

    public required long Lines { get; init; }

    public required long RefusedLines { get; init; }

    public required IReadOnlyList<RefusedLine> Refused { get; init; }
}

/// <summary>A line that was not taken, from 1, and why.</summary>
internal sealed record RefusedLine(long Line, string Reason);

/// <summary>How many numbers there are, in which states, and what became of their calls.</summary>
internal sealed record Statistics
{
    public required StateCount All { get; init; }

    public required IReadOnlyList<StateCount> Countries { get; init; }

    public required IReadOnlyList<StateCount> Trunks { get; init; }

    public required IReadOnlyList<StateCount> Tags { get; init; }

    public long LeasesOfLastHour { get; init; }

    public required IReadOnlyList<Wear> Wear { get; init; }
}

/// <summary>Numbers by state, of a country, a trunk, a tag, or all.</summary>
internal sealed record StateCount(string? Name, long Numbers, long Active, long Resting, long OnTrial, long Retired);

/// <summary>How strong the codes are.</summary>
internal sealed record Strength
{
    public required GroupStrength All { get; init; }

    public required IReadOnlyList<GroupStrength> Countries { get; init; }

    public required IReadOnlyList<GroupStrength> Trunks { get; init; }

    public required IReadOnlyList<GroupStrength> Tags { get; init; }
}

/// <summary>The strength of the numbers of a country, a trunk, a tag, or all.</summary>
internal sealed record GroupStrength(
    string? Name, long Active, double? Bits, ToldPrefix? Least, ToldPrefix? Most, IReadOnlyList<MissingNumbers> Missing);

/// <summary>A prefix that is told before the phone rings, and how many numbers could be meant by it.</summary>
internal sealed record ToldPrefix(string Prefix, string Trunk, long Active, double Bits);

/// <summary>How many active numbers more would give so many bits.</summary>
internal sealed record MissingNumbers(double Bits, long Numbers);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(Page))]
[JsonSerializable(typeof(NumberDetail))]
[JsonSerializable(typeof(NewNumbers))]
[JsonSerializable(typeof(Added))]
[JsonSerializable(typeof(Change))]
[JsonSerializable(typeof(Changed))]
[JsonSerializable(typeof(ImportAnswer))]
[JsonSerializable(typeof(Statistics))]
[JsonSerializable(typeof(Strength))]
internal sealed partial class NumbersJson : JsonSerializerContext;
